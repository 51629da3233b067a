/** A command of a page, with the output that the page prints below it. */
export interface Command {
  readonly page: string;
  /** Line of the page, from 1. */
  readonly line: number;
  /** Text after `$ `; `^C` is the key that ends the command of the first terminal. */
  readonly text: string;
  readonly output: readonly string[];
}

export const CTRL_C = '^C';

/** Stands for any number of lines on a line of its own, and for some text within a line. */
const VARIES = '...';

/**
 * Commands in the `console` blocks of a page, in order.
 *
 * @throws of a block of another kind, and of a block that doesn't begin with a command: what isn't understood isn't left out.
 */
export function readCommands(page: string, text: string): Command[] {
  const commands: { page: string; line: number; text: string; output: string[] }[] = [];
  let inBlock = false;
  let begins = false;
  for (const [index, content] of text.split('\n').entries()) {
    const line = index + 1;
    if (content.startsWith('```')) {
      if (!inBlock && content !== '```console') throw new Error(`${page}:${line} must begin a console block, got: ${content}`);
      inBlock = !inBlock;
      begins = inBlock;
    } else if (inBlock && (content.startsWith('$ ') || content === CTRL_C)) {
      commands.push({ page, line, text: content.replace(/^\$ /, ''), output: [] });
      begins = false;
    } else if (inBlock) {
      if (begins) throw new Error(`${page}:${line} must be a command, since it begins a block, got: ${content}`);
      commands[commands.length - 1]!.output.push(content);
    }
  }
  if (inBlock) throw new Error(`${page} ends within a block`);
  return commands;
}

/** Whether lines are what a page prints, with `...` for what varies. */
export function matchesOutput(expected: readonly string[], actual: readonly string[]): boolean {
  const [first, ...rest] = expected;
  if (first === undefined) return actual.length === 0;
  if (first === VARIES) return actual.some((_, index) => matchesOutput(rest, actual.slice(index))) || matchesOutput(rest, []);
  return actual.length > 0 && linePattern(first).test(actual[0]!) && matchesOutput(rest, actual.slice(1));
}

function linePattern(line: string): RegExp {
  return new RegExp(`^${line.split(VARIES).map(escaped).join('.+')}$`);
}

const escaped = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
