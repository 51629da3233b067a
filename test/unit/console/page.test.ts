import * as fs from 'node:fs';
import * as path from 'node:path';

const FOLDER = path.resolve(__dirname, '../../../assets/console');

/** Most bytes of everything that the page loads, as bundled. */
const MOST_BYTES = 150 * 1024;

test('the page is small: script and styles together, uncompressed', () => {
  const sizes = ['page.js', 'page.css'].map((file) => fs.statSync(path.join(FOLDER, file)).size);
  expect(Math.min(...sizes)).toBeGreaterThan(1000);
  expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(MOST_BYTES);
});
