import { outcomeOf, type Probe, runProbes } from '../../../bin/verify/probe';

/** @returns what a probe came to, and what it saw. @throws {Error} where there is no such probe. */
export async function outcome<T>(probes: readonly Probe<T>[], id: string, target: T): Promise<string> {
  const probe = probes.find((each) => each.id === id);
  if (!probe) throw new Error(`no probe has the id '${id}'`);
  const [verdict] = await runProbes([probe], target);
  return `${outcomeOf(verdict!)}: ${verdict!.seen ?? verdict!.error}`;
}
