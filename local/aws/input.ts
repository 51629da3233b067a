import { own } from '../own';
import { AwsError, type Members, type Operation, type Shape } from '../types';

/**
 * Input of an operation, with the members that it names and their types.
 * @throws {AwsError} `SerializationException` that names the member of another type, `MissingParameter` that names one that is
 * missing.
 */
export function readInput(
  value: unknown,
  { input, required = [] }: Pick<Operation, 'input' | 'required'>,
): Record<string, unknown> {
  return structure(value, input, required, '');
}

function structure(value: unknown, members: Members, required: readonly string[], path: string): Record<string, unknown> {
  if (!isObject(value)) throw wrong(path || 'the request body', 'an object', value);
  const missing = required.find((name) => own(value, name) === undefined || own(value, name) === null);
  // The word of the Query services and of SQS; others have one of their own that says the same.
  if (missing) throw new AwsError('MissingParameter', `The request must contain the parameter ${path && `${path}.`}${missing}.`);
  const given = Object.keys(members).flatMap((name): [string, unknown][] => {
    const member = own(value, name);
    return member === undefined || member === null ? [] : [[name, read(member, members[name]!, path ? `${path}.${name}` : name)]];
  });
  return Object.fromEntries(given);
}

function read(value: unknown, shape: Shape, path: string): unknown {
  if (typeof shape === 'string') return scalar(value, shape, path);
  if ('structure' in shape) return structure(value, shape.structure, shape.required ?? [], path);
  if ('list' in shape) {
    if (!Array.isArray(value)) throw wrong(path, 'a list', value);
    return value.map((item, index) => read(item, shape.list, `${path}.${index + 1}`));
  }
  if (!isObject(value)) throw wrong(path, 'an object', value);
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, read(item, shape.map, `${path}.${key}`)]));
}

function scalar(value: unknown, shape: Extract<Shape, string>, path: string): unknown {
  switch (shape) {
    case 'text':
      if (typeof value !== 'string') throw wrong(path, 'text', value);
      return value;
    case 'number': {
      // The Query and REST protocols carry numbers as text.
      const number = typeof value === 'string' && /^-?\d{1,15}$/.test(value) ? Number(value) : value;
      if (typeof number !== 'number' || !Number.isFinite(number)) throw wrong(path, 'a number', value);
      return number;
    }
    case 'flag': {
      if (value === 'true' || value === 'false') return value === 'true';
      if (typeof value !== 'boolean') throw wrong(path, 'true or false', value);
      return value;
    }
    case 'bytes':
      if (typeof value !== 'string' && !(value instanceof Uint8Array)) throw wrong(path, 'bytes in base64', value);
      return value;
    case 'time': {
      const time = typeof value === 'number' ? value * 1000 : typeof value === 'string' ? Date.parse(value) : Number.NaN;
      // The range of Date; beyond it nothing can be written as text.
      if (!(Math.abs(time) <= 8.64e15)) throw wrong(path, 'a time', value);
      return value;
    }
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Uint8Array);
}

/** Longest value that an error quotes. */
const QUOTED = 100;

function wrong(path: string, rule: string, got: unknown): AwsError {
  const kind = typeof got === 'object' ? (Array.isArray(got) ? 'a list' : got === null ? 'null' : 'an object') : String(got);
  return new AwsError('SerializationException', `'${path.slice(0, QUOTED)}' must be ${rule}, got: ${kind.slice(0, QUOTED)}`);
}
