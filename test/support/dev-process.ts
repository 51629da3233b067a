import { type ChildProcess, spawn } from 'node:child_process';

/** The longest that a start, or a change on its way to the edge, may take. */
const LIMIT_MS = 180_000;

/** `cachement dev`, as it runs. */
export class DevProcess {
  readonly #child: ChildProcess;
  readonly #ended: Promise<number | null>;
  output = '';

  /**
   * @param cli file of the command line.
   * @param words what follows `cachement dev`; sources aren't watched, and the port of the edge is any free one.
   */
  constructor(cli: string, folder: string, words: readonly string[] = []) {
    this.#child = spawn(process.execPath, [cli, 'dev', '--no-watch', '--port', '0', ...words], { cwd: folder });
    for (const stream of [this.#child.stdout!, this.#child.stderr!]) {
      stream.on('data', (chunk) => {
        this.output += chunk;
      });
    }
    this.#ended = new Promise((resolve) => this.#child.once('close', resolve));
  }

  /** @returns the base URL of the edge, once the platform is up. */
  edge(): Promise<string> {
    return this.until('the platform', () => / {2}edge {6}(http:\S+)[\s\S]*Ctrl-C ends everything/.exec(this.output)?.[1]);
  }

  /** Asks until there is an answer. @throws {Error} with the output, where it ends or takes too long. */
  async until<T>(what: string, ask: () => T | Promise<T>): Promise<NonNullable<T>> {
    for (const deadline = Date.now() + LIMIT_MS; Date.now() < deadline; ) {
      const answer = await ask();
      if (answer) return answer;
      if (this.#child.exitCode !== null) throw new Error(`cachement dev ended before ${what}:\n${this.output}`);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    throw new Error(`${what} did not come within ${LIMIT_MS / 1000} s:\n${this.output}`);
  }

  async end(): Promise<void> {
    this.#child.kill('SIGINT');
    await this.#ended;
  }
}
