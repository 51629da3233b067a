import type { Benchmark } from '../support/benchmark';
import { chosen, runCases } from '../support/cases';
import { CASES, type Hangs, Tally } from './cases';
import { Testbed } from './testbed';

/** Time limit, in milliseconds: cases that haven't begun by then are skipped, and count as missed. */
const LIMIT_MS = 210_000;

const COUNTS = ['hungReads', 'hungPurges', 'hungCloses', 'unrelatedDelayed'] as const;

/**
 * `npm run bench -- hangs [--json] [--only case,case]`: loads, servers and credentials that fail in the ways that keep callers
 * waiting. Counts operations that don't settle in time, and those that have nothing to do with the failure and wait for it all
 * the same.
 */
export const benchmark: Benchmark = async ({ options, log }) => {
  const cases = chosen(CASES, options.only);
  const testbed = await Testbed.start();
  const results: Record<string, Hangs> = {};
  const missed: string[] = [];
  try {
    const skipped = await runCases(cases, LIMIT_MS, async ({ name, what, run }) => {
      const tally = new Tally();
      results[name] = tally.hangs;
      const began = performance.now();
      try {
        await run(testbed, tally);
      } catch (error) {
        tally.hangs.notes.push(`the process or the case failed: ${(error as Error).message}`);
        missed.push(`${name}: failed`);
      } finally {
        await testbed.reset();
      }
      missed.push(...COUNTS.filter((count) => tally.hangs[count] > 0).map((count) => `${name}: ${count}`));
      const verdict = tally.hangs.notes.length > 0 ? 'MISSED' : 'ok    ';
      log(`${verdict}  ${name}: ${what} (${Math.round((performance.now() - began) / 1000)} s)`);
      for (const note of tally.hangs.notes) log(`          ${note}`);
    });
    missed.push(...skipped.map((name) => `${name}: skipped`));
  } finally {
    await testbed.dispose();
  }
  const sum = (count: (typeof COUNTS)[number]) => Object.values(results).reduce((all, hangs) => all + hangs[count], 0);
  return { ...Object.fromEntries(COUNTS.map((count) => [count, sum(count)])), cases: results, missed };
};
