// Notices of the packages whose code is within the bundles that ship: licences ask for their text and copyright with each copy.
import fs from 'node:fs';
import path from 'node:path';

/** Licences that let their code be part of a package under Apache-2.0; a new one is for a person to read. */
const PERMISSIVE = ['0BSD', 'Apache-2.0', 'BSD-2-Clause', 'BSD-3-Clause', 'ISC', 'MIT'];

/** Files with the text of a licence, or with what it asks to be passed on. */
const TEXTS = /^(licen[cs]e|copying|notice)([.-].*)?$/i;

const RULE = `${'-'.repeat(80)}\n`;

/**
 * Folders of packages, relative to the root, whose code is in outputs of esbuild.
 *
 * @param {import('esbuild').Metafile} metafile
 * @param {(output: string) => boolean} ships tells the outputs that ship
 */
export function bundledPackages({ outputs }, ships = () => true) {
  const folders = Object.entries(outputs)
    .filter(([output]) => ships(output))
    .flatMap(([, { inputs }]) => Object.entries(inputs))
    .filter(([, { bytesInOutput }]) => bytesInOutput > 0)
    .map(([input]) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(input)?.[0])
    .filter((folder) => folder !== undefined);
  return [...new Set(folders)].sort();
}

/** Text of the licence `MIT` below its copyright, for packages that name it and don't bring it. */
const MIT = `Permission is hereby granted, free of charge, to any person obtaining a copy of this software and associated documentation
files (the "Software"), to deal in the Software without restriction, including without limitation the rights to use, copy,
modify, merge, publish, distribute, sublicense, and/or sell copies of the Software, and to permit persons to whom the Software is
furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all copies or substantial portions of the Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT NOT LIMITED TO THE WARRANTIES
OF MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS OR COPYRIGHT HOLDERS BE
LIABLE FOR ANY CLAIM, DAMAGES OR OTHER LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM, OUT OF OR IN
CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE SOFTWARE.`;

/**
 * Text of the notices of packages, by their licences' texts.
 *
 * @param {string} root
 * @param {readonly string[]} folders of packages, relative to the root
 * @throws {Error} where a package has no licence of {@link PERMISSIVE}, or not its text.
 */
export function noticesOf(root, folders) {
  const byText = new Map();
  for (const folder of folders) {
    const { name, version, license, author } = JSON.parse(fs.readFileSync(path.join(root, folder, 'package.json'), 'utf8'));
    if (!PERMISSIVE.includes(license)) {
      throw new Error(`licence of '${name}' must be one of ${PERMISSIVE.join(', ')}, got: '${license}'; read it before it ships`);
    }
    const text = licenceText(root, folder, license, author?.name ?? author);
    byText.set(text, [...(byText.get(text) ?? []), `${name} ${version} (${license})`]);
  }
  const parts = [...byText].map(([text, names]) => `${[...new Set(names)].sort().join('\n')}\n\n${text}\n`);
  const head = 'The bundles of this package contain code of the packages below, each under the licence that follows its name.\n';
  return [head, ...parts.sort()].join(`\n${RULE}\n`);
}

/**
 * Text of a package's licence: its files, what its README says of it, or the text that is the same for all.
 *
 * @throws {Error} where it has neither.
 */
function licenceText(root, folder, license, author) {
  const read = (file) =>
    fs
      .readFileSync(path.join(root, folder, file), 'utf8')
      .replace(/\r\n/g, '\n')
      .trim();
  const files = fs.readdirSync(path.join(root, folder));
  const texts = files.filter((file) => TEXTS.test(file)).sort();
  const own = texts.map(read).join('\n\n');
  // Its terms are those of this package, whose text names nobody; some bring no more of them than where they are to be found.
  if (license === 'Apache-2.0' && !own.includes('TERMS AND CONDITIONS')) {
    return `${own}\n\n${fs.readFileSync(path.join(root, 'LICENSE'), 'utf8')}`.trim();
  }
  if (own !== '') return own;
  const readme = files.find((file) => /^readme/i.test(file));
  const section = readme && /^#+ *licen[cs]e *\n([^#]*)/im.exec(read(readme))?.[1].trim();
  if (section?.includes('Permission is hereby granted')) return section;
  if (license === 'MIT' && author) return `Copyright (c) ${author}\n\n${MIT}`;
  throw new Error(
    `package '${folder}' must bring the text of its licence, got: no file such as LICENSE, none in its README, and no author`,
  );
}
