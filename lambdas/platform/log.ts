/** Fields of a line besides its message. Values that are secrets or whole bodies don't belong here. */
export type LogFields = Readonly<Record<string, unknown>>;

type Level = 'info' | 'warn' | 'error';

/** Writes structured lines: one JSON object a line, as CloudWatch Logs Insights reads them. */
export interface Log {
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
}

/** @returns a log that hands each line to `write`. */
export function createLog(write: (line: string) => void): Log {
  const at =
    (level: Level) =>
    (message: string, fields: LogFields = {}): void =>
      write(JSON.stringify({ level, message, ...fields }, plain));
  return { info: at('info'), warn: at('warn'), error: at('error') };
}

/** An error keeps its name, message and code. Its other properties can hold a query, its values or a whole connection. */
export function describeError(error: unknown): Record<string, unknown> {
  if (!(error instanceof Error)) return { message: String(error) };
  const code = (error as { code?: unknown }).code;
  return {
    name: error.name,
    message: error.message,
    ...(typeof code === 'string' && { code }),
    ...(error.cause !== undefined && { cause: describeError(error.cause) }),
  };
}

function plain(_key: string, value: unknown): unknown {
  if (value instanceof Error) return describeError(value);
  return typeof value === 'bigint' ? value.toString() : value;
}

/** Standard output, which Lambda sends to the function's log group. */
export const log: Log = createLog((line) => process.stdout.write(`${line}\n`));
