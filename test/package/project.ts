import { execFile } from 'node:child_process';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { promisify } from 'node:util';

/** The repository. */
export const root = path.resolve(__dirname, '../..');

const run = promisify(execFile);

/** A process that failed: its output is what there is to say. */
function failure(what: string, error: unknown): Error {
  const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string };
  return new Error(`${what} failed:\n${stdout}${stderr}`.trimEnd() || String(error), { cause: error });
}

/**
 * A folder outside of the repository with a project that has installed the package, and nothing that the package doesn't bring.
 */
export class Project {
  private constructor(readonly folder: string) {}

  static create(): Project {
    const folder = fs.mkdtempSync(path.join(fs.realpathSync(os.tmpdir()), 'cachement-package-'));
    fs.writeFileSync(path.join(folder, 'package.json'), JSON.stringify({ name: 'consumer', private: true, version: '1.0.0' }));
    return new Project(folder);
  }

  path(...parts: string[]): string {
    return path.join(this.folder, ...parts);
  }

  /** Installs a tarball as a consumer does: optional peers aren't installed along. */
  async install(tarball: string): Promise<void> {
    await this.run('npm', ['install', '--prefer-offline', '--ignore-scripts', '--no-audit', '--no-fund', tarball]);
  }

  /** What is installed, by name. */
  installed(): string[] {
    return fs
      .readdirSync(this.path('node_modules'))
      .filter((name) => !name.startsWith('.'))
      .flatMap((name) =>
        name.startsWith('@') ? fs.readdirSync(this.path('node_modules', name)).map((own) => `${name}/${own}`) : [name],
      )
      .sort();
  }

  /**
   * Adds packages as the repository has them installed: a second copy of the CDK would take half a minute, and prove nothing
   * more.
   */
  link(...names: string[]): void {
    for (const name of names) {
      const place = this.path('node_modules', name);
      fs.mkdirSync(path.dirname(place), { recursive: true });
      fs.symlinkSync(path.join(root, 'node_modules', name), place, 'dir');
    }
  }

  write(name: string, text: string): string {
    fs.mkdirSync(path.dirname(this.path(name)), { recursive: true });
    fs.writeFileSync(this.path(name), text);
    return this.path(name);
  }

  /** @returns what it wrote to its standard output. @throws with all of its output, where its exit code isn't 0. */
  async run(command: string, words: string[], environment: Record<string, string> = {}): Promise<string> {
    try {
      const { stdout } = await run(command, words, {
        cwd: this.folder,
        env: { ...process.env, ...environment },
        maxBuffer: 64 * 1024 * 1024,
      });
      return stdout;
    } catch (error) {
      throw failure([path.basename(command), ...words].join(' '), error);
    }
  }

  /** Runs a script, by its text, as a script or as a module. @returns what it printed. */
  async node(format: 'cjs' | 'mjs', text: string, environment: Record<string, string> = {}): Promise<string> {
    const name = `script-${this.#scripts++}.${format}`;
    return (await this.run(process.execPath, [this.write(name, text)], environment)).trim();
  }
  #scripts = 0;

  dispose(): void {
    fs.rmSync(this.folder, { recursive: true, force: true });
  }
}
