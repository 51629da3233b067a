interface Named {
  readonly name: string;
}

/**
 * @param only names with commas between them, as the command line has them; undefined means all
 * @throws {Error} that lists the names, where one of them is none.
 */
export function chosen<Case extends Named>(cases: readonly Case[], only: string | undefined): readonly Case[] {
  if (only === undefined) return cases;
  const names = only.split(',');
  const unknown = names.filter((name) => !cases.some((known) => known.name === name));
  if (unknown.length > 0) {
    throw new Error(`'--only' must name cases of ${cases.map(({ name }) => name).join(', ')}; got: '${unknown.join(',')}'`);
  }
  return cases.filter(({ name }) => names.includes(name));
}

/**
 * Runs cases one after another.
 *
 * @param limitMs what isn't begun by then, in milliseconds, is skipped
 * @returns names of those that were skipped.
 */
export async function runCases<Case extends Named>(
  cases: readonly Case[],
  limitMs: number,
  run: (each: Case) => Promise<void>,
): Promise<string[]> {
  const deadline = performance.now() + limitMs;
  const skipped: string[] = [];
  for (const each of cases) {
    if (performance.now() < deadline) await run(each);
    else skipped.push(each.name);
  }
  return skipped;
}
