import * as fs from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Testbed } from '../consistency/testbed';
import { Crowd } from './crowd';
import { type FaultCounts, Faults } from './faults';
import { notesOf } from './journal';
import type { Judge } from './judge';
import type { Part } from './parts';

export interface RunOptions {
  readonly judges: readonly Judge[];
  readonly seed: number;
  /** Operations of all games, and the time after which the run ends without them, in milliseconds. */
  readonly operations: number;
  readonly limitMs: number;
  readonly failovers: boolean;
  readonly without: Part | undefined;
  log(line: string): void;
}

export interface RunResult {
  readonly figures: Readonly<Record<string, number>>;
  /** Figures that needn't be 0. */
  readonly measured: Readonly<Record<string, number>>;
  readonly operations: Readonly<Record<string, number>>;
  readonly failures: number;
  readonly faults: FaultCounts;
  readonly seconds: number;
}

/** Processes that play. */
const PROCESSES = 4;
const TURN_MS = 200;
const SAY_MS = 10_000;

let runs = 0;

/** Plays all games beside each other while everything goes wrong, and has each judged. */
export async function run(testbed: Testbed, options: RunOptions): Promise<RunResult> {
  const { judges, seed, failovers, without, log } = options;
  const namespace = `run-${++runs}`;
  for (const judge of judges) await judge.prepare?.(testbed);
  const began = performance.now();
  const crowd = new Crowd(testbed, {
    games: judges.map(({ game }) => game),
    namespace,
    seed,
    processes: PROCESSES,
    ...(without && { without }),
  });
  const keys = judges.flatMap((judge) => judge.keys(namespace));
  const faults = new Faults(testbed, crowd, { seed, namespace, keys, failovers, limitMs: options.limitMs });
  faults.start();
  const total = () => Object.values(crowd.progress().operations).reduce((sum, each) => sum + each, 0);
  let said = began;
  while (total() < options.operations && performance.now() - began < options.limitMs && !faults.failure) {
    await sleep(TURN_MS);
    if (performance.now() - said < SAY_MS) continue;
    said = performance.now();
    log(`${Math.round((said - began) / 1000)} s: ${JSON.stringify({ ...crowd.progress(), ...faults.counts })}`);
  }
  await faults.end();
  await crowd.end();
  if (faults.failure) throw faults.failure;
  const complaints = crowd.journals
    .flatMap((file) => linesOf(`${file}.log`))
    .filter((line) => !/^\s+at |Warning|trace-warnings/.test(line));
  for (const line of complaints.slice(0, 10)) log(`a process said: ${line}`);
  const figures: Record<string, number> = {};
  const measured: Record<string, number> = {};
  for (const judge of judges) {
    const notes = notesOf(crowd.journals, judge.game);
    const evidence = { notes, failovers, namespace, testbed };
    for (const [name, value] of Object.entries(await judge.judge(evidence))) {
      figures[name] = (figures[name] ?? 0) + value;
    }
    Object.assign(measured, judge.measure?.(evidence));
  }
  return { figures, measured, ...crowd.progress(), faults: faults.counts, seconds: (performance.now() - began) / 1000 };
}

function linesOf(file: string): string[] {
  return fs.readFileSync(file, 'utf8').split('\n').filter(Boolean);
}
