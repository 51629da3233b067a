import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { SCHEMA_FOLDER } from '../../lib/contract/defaults';
import type { Migration } from './migrate';

/**
 * Steps of an application, which lie beside the function's code; none where it has none. A line ends the same in every checkout,
 * so that one on Windows doesn't make another text of it.
 */
export function readOwnSchema(code: string): Migration[] {
  const folder = join(code, SCHEMA_FOLDER);
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((name) => name.endsWith('.sql'))
    .map((name) => ({
      name: `${SCHEMA_FOLDER}/${name}`,
      sql: readFileSync(join(folder, name), 'utf8').replaceAll('\r\n', '\n'),
    }));
}
