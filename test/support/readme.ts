import { execFile } from 'node:child_process';
import { type Command, matchesOutput, readCommands } from './console-blocks';
import { waitFor } from './wait-for';

/** Address of the edge in what a reader reads. */
const READERS_EDGE = 'http://127.0.0.1:8080';

/** The longest that a change may take until it is read, also on a busy machine. */
const LIMIT_MS = 180_000;

/** Where a README is played. */
export interface Reader {
  /** Base URL of the edge. */
  readonly edge: string;
  /** Folder in which commands run. */
  readonly folder: string;
  /** Command that stands for `npx cachement`. */
  readonly cachement: string;
}

/** Commands in the `console` blocks of a README; blocks of other kinds are for the eye. */
export function readmeCommands(page: string, text: string): Command[] {
  const others = /^```(?!console$)\w+\n[\s\S]*?^```$/gm;
  return readCommands(
    page,
    text.replace(others, (block) => block.replace(/[^\n]/g, '')),
  );
}

/**
 * Runs commands as a reader would, and compares what they print. A read is repeated until it is what the page says: what follows
 * a change may take its time.
 *
 * @throws {Error} with both outputs, where they differ.
 */
export async function playCommands(commands: readonly Command[], { edge, folder, cachement }: Reader): Promise<void> {
  // Variables, which a reader's shell keeps.
  let variables = '';
  const own = (command: string) => command.replaceAll(READERS_EDGE, edge).replaceAll('npx cachement', cachement);
  for (const { page, line, text, output } of commands) {
    let printed: string[] = [];
    const isSo = async () => {
      const lines = await run(`${variables}${own(text)}`, folder);
      printed = lines.map((each) => each.replaceAll(edge, READERS_EDGE));
      return matchesOutput(output, printed);
    };
    const isRight = isRead(text)
      ? await waitFor(text, isSo, { timeoutMs: LIMIT_MS, everyMs: 200 }).catch(() => false)
      : await isSo();
    if (/^[a-z]+=/.test(text)) variables += `${text}\n`;
    if (!isRight) {
      throw new Error(
        `${page}:${line} says of ${text}\n${output.join('\n')}\nbut it prints\n${printed.join('\n').slice(0, 2000)}`,
      );
    }
  }
}

/** Opens each page that a README refers to. @throws {Error} where one isn't a page. */
export async function openPages(text: string, { edge }: Pick<Reader, 'edge'>): Promise<void> {
  for (const [, path] of text.matchAll(new RegExp(`<${READERS_EDGE}(/[^>]*)>`, 'g'))) {
    const answer = await fetch(`${edge}${path}`);
    const page = await answer.text();
    if (answer.status !== 200 || !/<h1>[^<]+<\/h1>/.test(page)) {
      throw new Error(`${path} must be a page with a heading, got: ${answer.status} ${page.slice(0, 500)}`);
    }
  }
}

const isRead = (command: string): boolean => /^curl /.test(command) && !/ (-X|-d|--data)/.test(command);

/** @returns the lines that a command prints. */
function run(command: string, folder: string): Promise<string[]> {
  return new Promise((resolve) => {
    execFile('bash', ['-c', command], { cwd: folder, maxBuffer: 16 * 1024 * 1024, timeout: LIMIT_MS }, (_, stdout, stderr) => {
      const lines = `${stdout}${stderr}`.replaceAll('\r', '').split('\n');
      while (lines.length > 0 && lines[lines.length - 1] === '') lines.pop();
      resolve(lines);
    });
  });
}
