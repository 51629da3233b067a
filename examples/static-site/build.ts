import { createHash } from 'node:crypto';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { citiesOf, slugOf } from './cities';
import { type Assets, renderCity, renderIndex, renderPicture, SCRIPT, STYLE } from './pages';

/** Size of a site. */
export interface SiteSize {
  readonly pages: number;
  readonly assets: number;
}

/** Makes the site in a folder, anew. Any other script that makes files would do, such as Astro, Hugo or `next export`. */
export function buildSite(folder: string, { pages, assets: count }: SiteSize): void {
  const files = new Map<string, string>();
  const asset = (name: string, content: string): string => {
    const hash = createHash('sha256').update(content).digest('hex').slice(0, 10);
    const file = name.replace(/\.(\w+)$/, `.${hash}.$1`);
    files.set(`static/${file}`, content);
    return `/static/${file}`;
  };
  const assets: Assets = {
    style: asset('site.css', STYLE),
    script: asset('note.js', SCRIPT),
    pictures: Array.from({ length: Math.max(count - 2, 0) }, (_, number) =>
      asset(`picture-${number}.svg`, renderPicture(number)),
    ),
  };
  const cities = citiesOf(pages);
  files.set('index.html', renderIndex(cities, assets));
  for (const city of cities) files.set(`cities/${slugOf(city)}/index.html`, renderCity(city, assets));
  files.set('robots.txt', 'User-agent: *\nAllow: /\n');

  fs.rmSync(folder, { recursive: true, force: true });
  for (const [name, content] of files) {
    fs.mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
    fs.writeFileSync(path.join(folder, name), content);
  }
}
