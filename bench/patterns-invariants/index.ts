import { startTestbed } from '../consistency/testbed';
import type { Benchmark } from '../support/benchmark';
import { chosen } from '../support/cases';
import type { FaultCounts } from './faults';
import { JUDGES } from './judges';
import { PARTS, type Part } from './parts';
import { run } from './run';

const DEFAULTS: Readonly<Record<'operations' | 'minutes' | 'seed', string>> & {
  readonly only?: string;
  readonly without?: string;
} = { operations: '4000000', minutes: '10', seed: String(Date.now() % 1_000_000) };

/**
 * `npm run bench -- patterns-invariants [--operations N] [--minutes M] [--seed S] [--only GAME,...] [--without PART]`: what each
 * pattern claims, while processes are killed and frozen, connections cut, masters frozen, slots moved and, in the second half,
 * masters replaced. Journals are judged by an oracle outside the library; every figure must be 0, and above 0 without a part.
 */
export const benchmark: Benchmark = async ({ options, log }) => {
  const { operations, minutes, seed, only, without, ...unknown } = { ...DEFAULTS, ...options };
  const [name] = Object.keys(unknown);
  if (name !== undefined) throw new Error(`'--${name}' is not an option of this benchmark`);
  for (const [option, value] of Object.entries({ operations, minutes, seed })) {
    if (!(Number(value) > 0)) throw new Error(`'--${option}' must be a positive number, got: '${value}'`);
  }
  if (without !== undefined && !Object.hasOwn(PARTS, without)) {
    throw new Error(`'--without' must be one of ${Object.keys(PARTS).join(', ')}, got: '${without}'`);
  }
  const judges = chosen(
    JUDGES.map((judge) => ({ name: judge.game, judge })),
    only,
  ).map(({ judge }) => judge);
  const testbed = await startTestbed();
  try {
    log(`seed ${seed}`);
    const figures: Record<string, number> = {};
    const measured: Record<string, number> = {};
    const played: Record<string, number> = {};
    const faults: Partial<Record<keyof FaultCounts, number>> = {};
    let failures = 0;
    let seconds = 0;
    // What may be lost in a failover must not be lost without one, so the first half has none.
    for (const failovers of [false, true]) {
      const half = await run(testbed, {
        judges,
        seed: Number(seed) + Number(failovers),
        operations: Number(operations) / 2,
        limitMs: Number(minutes) * 30_000,
        failovers,
        without: without as Part | undefined,
        log,
      });
      add(figures, half.figures);
      for (const [name, value] of Object.entries(half.measured)) measured[name] = Math.max(measured[name] ?? 0, value);
      add(played, half.operations);
      add(faults as Record<string, number>, half.faults);
      failures += half.failures;
      seconds += half.seconds;
      log(`${failovers ? 'with' : 'without'} failovers: ${JSON.stringify(half)}`);
    }
    const total = Object.values(played).reduce((sum, each) => sum + each, 0);
    const missed = without
      ? PARTS[without as Part].filter((figure) => figures[figure] === 0).map((figure) => `${figure} is 0 without ${without}`)
      : Object.entries(figures)
          .filter(([, value]) => value !== 0)
          .map(([figure, value]) => `${figure} is ${value}`);
    return {
      ...figures,
      ...measured,
      seed: Number(seed),
      operations: total,
      played,
      failures,
      seconds: Math.round(seconds),
      ...faults,
      missed,
    };
  } finally {
    await testbed.dispose();
  }
};

function add(sums: Record<string, number>, more: Readonly<Record<string, number>>): void {
  for (const [name, value] of Object.entries(more)) sums[name] = (sums[name] ?? 0) + value;
}
