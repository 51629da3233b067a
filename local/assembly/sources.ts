import { createHash } from 'node:crypto';
import * as fs from 'node:fs';
import * as path from 'node:path';

/** What no app is synthesized from, anywhere in a project. Hidden folders and `cdk.out*` aren't either. */
const NOT_SOURCES = ['node_modules', 'coverage', '*.tgz', '*.log'];

/** The sources of a project: the files that its app may be synthesized from. */
export class Sources {
  readonly #excluded: readonly RegExp[];

  /**
   * @param project folder with `cdk.json`, whose `watch.exclude` says what else isn't a source, as for `cdk watch`.
   * @see https://docs.aws.amazon.com/cdk/v2/guide/cli.html (watch mode)
   */
  constructor(readonly project: string) {
    this.#excluded = [...NOT_SOURCES.flatMap((glob) => [glob, `**/${glob}`]), ...excludedBy(project)].map(pattern);
  }

  /**
   * A hash of the sources, so that nothing is synthesized again from the same ones.
   * @param extra - what else the result depends on, such as the context.
   */
  hash(extra: unknown): string {
    const hash = createHash('sha256').update(JSON.stringify(extra));
    for (const file of this.files()) {
      try {
        hash.update(`\0${file}\0`).update(fs.readFileSync(path.join(this.project, file)));
      } catch (error) {
        // Gone since the folder was read, as an editor's own files are.
        if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
      }
    }
    return hash.digest('hex').slice(0, 32);
  }

  /** Paths in the project, in a fixed order. */
  files(): string[] {
    return this.#entries('').flatMap(({ name, isFolder }) => (isFolder ? [] : [name]));
  }

  /** Folders that sources lie in, the project's own first. */
  folders(): string[] {
    return ['', ...this.#entries('').flatMap(({ name, isFolder }) => (isFolder ? [name] : []))];
  }

  #entries(folder: string): { readonly name: string; readonly isFolder: boolean }[] {
    let entries: fs.Dirent[];
    try {
      entries = fs.readdirSync(path.join(this.project, folder), { withFileTypes: true });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
      throw error;
    }
    return entries
      .sort((a, b) => (a.name < b.name ? -1 : 1))
      .flatMap((entry) => {
        const name = path.join(folder, entry.name);
        if (this.#excluded.some((excluded) => excluded.test(name))) return [];
        if (entry.isFile()) return [{ name, isFolder: false }];
        if (!entry.isDirectory() || entry.name.startsWith('.') || entry.name.startsWith('cdk.out')) return [];
        return [{ name, isFolder: true }, ...this.#entries(name)];
      });
  }
}

function excludedBy(project: string): readonly string[] {
  const file = path.join(project, 'cdk.json');
  if (!fs.existsSync(file)) return [];
  return [(JSON.parse(fs.readFileSync(file, 'utf8')) as { watch?: { exclude?: string | string[] } }).watch?.exclude ?? []].flat();
}

/** `**` is any path, `*` any part of a name. */
function pattern(glob: string): RegExp {
  const parts = glob.replace(/\/$/, '').split(/(\*\*\/|\*\*|\*)/);
  const source = parts.map((part) => {
    if (part === '**/') return '(?:.*/)?';
    if (part === '**') return '.*';
    return part === '*' ? '[^/]*' : part.replace(/[.+?^${}()|[\]\\]/g, '\\$&');
  });
  return new RegExp(`^${source.join('')}$`);
}
