import * as path from 'node:path';

/** Files by name, with the relative imports of each. */
export type ImportsByFile = Readonly<Record<string, readonly string[]>>;

/** @returns the file that a relative import leads to, if it is one of the given files. */
function resolve(from: string, name: string, files: ImportsByFile): string | undefined {
  const base = path.posix.join(path.posix.dirname(from), name);
  return ['', '.ts', '.d.ts', '/index.ts', '.mjs', '.cjs']
    .map((ending) => base + ending)
    .find((file) => Object.hasOwn(files, file));
}

/**
 * Groups of files that import each other in a circle, by Tarjan's algorithm: the strongly connected components of the graph of
 * imports.
 *
 * @see https://doi.org/10.1137/0201010
 * @returns of each group the shortest circle through its first file by name
 */
export function circles(files: ImportsByFile): string[][] {
  const edges = new Map<string, string[]>();
  for (const [file, names] of Object.entries(files)) {
    const targets = names.filter((name) => name.startsWith('.')).map((name) => resolve(file, name, files));
    edges.set(
      file,
      targets.filter((target) => target !== undefined),
    );
  }
  const found: string[][] = [];
  const order = new Map<string, number>();
  const lowest = new Map<string, number>();
  const stack: string[] = [];
  const visit = (file: string): void => {
    order.set(file, order.size);
    lowest.set(file, order.get(file)!);
    stack.push(file);
    for (const target of edges.get(file)!) {
      if (!order.has(target)) visit(target);
      if (stack.includes(target)) lowest.set(file, Math.min(lowest.get(file)!, lowest.get(target)!));
    }
    if (lowest.get(file) !== order.get(file)) return;
    const group = stack.splice(stack.indexOf(file)).sort();
    if (group.length > 1 || edges.get(file)!.includes(file)) {
      found.push(shortestCircle(group[0]!, edges));
    }
  };
  for (const file of edges.keys()) if (!order.has(file)) visit(file);
  return found;
}

/** Breadth first, from a file that is known to lie on a circle. */
function shortestCircle(start: string, edges: ReadonlyMap<string, string[]>): string[] {
  const paths = [[start]];
  const seen = new Set<string>();
  for (const route of paths) {
    for (const target of edges.get(route.at(-1)!)!) {
      if (target === start) return [...route, start];
      if (!seen.has(target)) paths.push([...route, target]);
      seen.add(target);
    }
  }
  throw new Error(`${start} is on no circle`);
}
