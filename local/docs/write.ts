import * as fs from 'node:fs';
import * as path from 'node:path';
import { PRODUCT_TYPES } from '../products';
import { honouredPage } from './honoured';

const HONOURED_PAGE = 'docs/differences/honoured.md';

const file = path.resolve(__dirname, '../..', HONOURED_PAGE);
fs.mkdirSync(path.dirname(file), { recursive: true });
fs.writeFileSync(file, honouredPage(PRODUCT_TYPES));
