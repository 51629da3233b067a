import * as fs from 'node:fs';
import * as path from 'node:path';
import { mergeTypes } from '../../local/assembly';
import { honouredPage } from '../../local/docs/honoured';
import { PRODUCT_TYPES } from '../../local/products';

const FILE = path.resolve(__dirname, '../../docs/differences/honoured.md');

describe('the page of honoured properties', () => {
  test('is current; if not, run: npm run docs:honoured', () => {
    expect(fs.readFileSync(FILE, 'utf8')).toBe(honouredPage(PRODUCT_TYPES));
  });

  test('lists each type once', () => {
    expect(() => mergeTypes(PRODUCT_TYPES)).not.toThrow();
  });

  test('gives a reason for everything that is ignored', () => {
    const reasons = Object.values(PRODUCT_TYPES)
      .flatMap((types) => Object.values(types))
      .flatMap(({ ignores = {} }) => Object.values(ignores));
    expect(reasons.filter((reason) => reason.length < 10)).toEqual([]);
  });
});
