import { type ParseArgsConfig, parseArgs } from 'node:util';

type Options = NonNullable<ParseArgsConfig['options']>;

/** A command line that isn't understood; nothing has been done. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** Exit codes of every command. */
export const DONE = 0;
export const FAILED = 1;
export const NOT_UNDERSTOOD = 2;

/** Streams that text is written to; tests have their own. */
export interface Terminal {
  out(text: string): void;
  error(text: string): void;
}

/** Streams of this process. */
export const terminal: Terminal = {
  out: (text) => void process.stdout.write(`${text}\n`),
  error: (text) => void process.stderr.write(`${text}\n`),
};

/** A command: its help, its options, and what it does with them. */
export interface Command<T extends Options> {
  /** Text of `--help`. */
  readonly help: string;
  /** Options by name, as `parseArgs` of Node.js takes them; `--help` is there anyway. */
  readonly options: T;
  /** Most words that aren't options. @default 0 */
  readonly words?: number;
  /** @returns the exit code; anything else, or a promise of it, is {@link DONE}. */
  run(given: Given<T>, terminal: Terminal): unknown;
}

/** Options that were given, and words that aren't options. */
export interface Given<T extends Options> {
  readonly values: ReturnType<typeof parseArgs<{ options: T; allowPositionals: true }>>['values'];
  readonly words: readonly string[];
}

/**
 * Runs a command of these words. An error is its message, and never a stack.
 * @returns the exit code.
 */
export async function runCommand<const T extends Options>(
  command: Command<T>,
  words: readonly string[],
  streams: Terminal = terminal,
): Promise<number> {
  try {
    const given = parse(command, words);
    if (!given) {
      streams.out(command.help);
      return DONE;
    }
    const code = await command.run(given, streams);
    return typeof code === 'number' ? code : DONE;
  } catch (error) {
    streams.error(messageOf(error));
    if (!(error instanceof UsageError)) return FAILED;
    streams.error("'--help' shows every option");
    return NOT_UNDERSTOOD;
  }
}

/** {@link runCommand} of the words of this process, whose exit code it sets. */
export async function runProcess<const T extends Options>(command: Command<T>): Promise<void> {
  // A reader that has had enough, such as `head`, ends the command.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? DONE : FAILED));
  process.exitCode = await runCommand(command, process.argv.slice(2));
}

/** @returns undefined where help is asked for. */
function parse<T extends Options>({ options, words: most = 0 }: Command<T>, args: readonly string[]): Given<T> | undefined {
  if (args.some((word) => word === '--help' || word === '-h')) return undefined;
  try {
    const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: most > 0 });
    if (positionals.length > most) throw new UsageError(`unexpected '${positionals[most]}'`);
    return { values: values as Given<T>['values'], words: positionals };
  } catch (error) {
    if (error instanceof UsageError) throw error;
    // Of parseArgs: what it advises beyond the first sentence is about its own syntax.
    throw new UsageError(messageOf(error).split('. ')[0]!);
  }
}

/** @throws {UsageError} that quotes the option. */
export function wholeNumber(option: string, text: string, { least = 0, most }: { least?: number; most: number }): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= least && value <= most) return value;
  throw new UsageError(`'${option}' must be a whole number from ${least} to ${most}, got: '${text}'`);
}

/** Number of at least 0. @throws {UsageError} that quotes the option. */
export function amount(option: string, text: string): number {
  const value = Number(text);
  if (text.trim() !== '' && Number.isFinite(value) && value >= 0) return value;
  throw new UsageError(`'${option}' must be a number of at least 0, got: '${text}'`);
}

/** Share of a whole. @throws {UsageError} that quotes the option, and says what a percentage is here. */
export function share(option: string, text: string): number {
  const value = Number(text.replace(/%$/, '')) / (text.endsWith('%') ? 100 : 1);
  if (text.trim() !== '' && value >= 0 && value <= 1) return value;
  throw new UsageError(`'${option}' must be a share from 0 to 1, or from 0% to 100%, got: '${text}'`);
}

/** @throws {UsageError} that quotes the option. */
export function time(option: string, text: string): Date {
  const date = new Date(text);
  if (!Number.isNaN(date.getTime())) return date;
  throw new UsageError(`'${option}' must be a time as in ISO 8601, got: '${text}'`);
}

const messageOf = (error: unknown): string => (error as Partial<Error> | undefined)?.message ?? String(error);
