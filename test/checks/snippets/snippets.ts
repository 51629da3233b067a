import { filesOf, read } from '../sources';

/** Code of a page, as TypeScript. */
export interface Snippet {
  readonly page: string;
  /** Line of the page at which it begins. */
  readonly line: number;
  readonly code: string;
}

const BLOCK = /^( *)```ts\n(.*?)^ *```$/gms;

/** Line by which code says of which file it is a part; that file is compiled itself. */
const PART = /^\/\/ \S+\.\w+\n/;

/** @returns the TypeScript of the pages that is of no file. */
export function snippets(): Snippet[] {
  const pages = ['README.md', 'ARCHITECTURE.md', 'CONTRIBUTING.md', ...filesOf('docs', ['.md']), ...filesOf('examples', ['.md'])];
  return pages
    .filter((page) => !page.startsWith('docs/api/'))
    .flatMap((page) => {
      const text = read(page);
      return [...text.matchAll(BLOCK)].map(({ index, 2: code = '' }) => ({
        page,
        line: text.slice(0, index).split('\n').length + 1,
        code,
      }));
    })
    .filter(({ code }) => !PART.test(code));
}

/**
 * A module with the code on the lines that it has there. What uses `this` of a construct is put into one: its imports above, and
 * nothing exported.
 */
export function moduleOf({ code }: Snippet): string {
  if (!/\bthis\b/.test(code) || /\bclass\b/.test(code)) return `${code}export {};\n`;
  const imports = code.split('\n').filter((line) => line.startsWith('import '));
  const rest = code.split('\n').map((line) => (line.startsWith('import ') ? '' : line.replace(/^export /, '')));
  return `${imports.join(' ')} export class Code extends (0 as never as typeof import('aws-cdk-lib').Stack) { async code() { ${rest.join('\n')}\n} }\n`;
}
