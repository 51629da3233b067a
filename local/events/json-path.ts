import { own } from '../own';

/** Steps of a path into an event: names, and indices of arrays. */
export type JsonPath = readonly (string | number)[];

/**
 * Parses the paths that rules use: `$.detail.state`, `$.detail['a key']`, `$.resources[0]`.
 * @throws an Error on anything else, such as a filter or a wildcard.
 */
export function parsePath(path: string, where: string): JsonPath {
  const steps: (string | number)[] = [];
  let rest = path.startsWith('$') ? path.slice(1) : undefined;
  while (rest) {
    const match = /^(?:\.([\w-]+)|\[(\d+)\]|\['([^']+)'\])/.exec(rest);
    if (!match) {
      rest = undefined;
      break;
    }
    steps.push(match[2] !== undefined ? Number(match[2]) : (match[1] ?? match[3])!);
    rest = rest.slice(match[0].length);
  }
  if (rest === undefined)
    throw new Error(`${where}: a JSON path must be made of names and indices, such as $.detail.items[0], got: ${path}`);
  return steps;
}

/** Value at the path; `undefined` where there is none. */
export function read(value: unknown, path: JsonPath): unknown {
  let current = value;
  for (const step of path) {
    if (typeof current !== 'object' || current === null) return undefined;
    current = own(current as Record<string, unknown>, String(step));
  }
  return current;
}
