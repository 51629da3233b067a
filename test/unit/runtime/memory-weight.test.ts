import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { buildSync } from 'esbuild';
import { Child } from '../../../bench/support/child';
import { BUNDLE } from '../../../bench/support/roles';

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'memory-weight-'));
const outfile = path.join(folder, 'child.js');
beforeAll(() => {
  buildSync({ entryPoints: [path.resolve(__dirname, '../../support/memory-child.ts')], outfile, ...BUNDLE });
});
afterAll(() => fs.rmSync(folder, { recursive: true }));

describe('memory counts the heap that its entries take, within 1.3 times', () => {
  test.each<[kind: string, share: string, tags: number, tier?: string]>([
    ['absences', 'frozen', 0],
    ['numbers', 'frozen', 0],
    ['a row each', 'frozen', 0],
    ['lists of rows', 'copy', 0],
    ['lists of doubles', 'frozen', 0],
    ['lists of doubles', 'copy', 0],
    ['lists of pairs', 'frozen', 0],
    ['empty objects', 'frozen', 0],
    ['empty lists', 'frozen', 0],
    ['short texts', 'copy', 0],
    ['long texts of one byte a character', 'frozen', 0],
    ['long texts of two', 'frozen', 0],
    ['a row each', 'frozen', 50],
    ['a row each', 'frozen', 5, 'shared'],
    ['lists of rows', 'frozen', 0, 'shared'],
  ])('%s, %s, with %i tags', async (...given) => {
    const child = new Child(outfile);
    try {
      const taken = await child.call<number>('takenByCounted', ...given);
      expect(taken).toBeLessThan(1.3);
      expect(taken).toBeGreaterThan(1 / 1.3);
    } finally {
      child.kill();
    }
  });
});
