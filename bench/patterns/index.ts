import * as path from 'node:path';
import { patternNames } from '../../test/support/pattern-names';
import { startRedisCluster } from '../../test/support/redis-cluster';
import { type Benchmark, median, round } from '../support/benchmark';
import { type Child, withChildren } from '../support/child';
import { describe, isMissed } from '../support/figures';
import { installPeers, PEERS } from '../support/peers';
import { buildRoles } from '../support/roles';
import { BESIDE_DATABASE, besideDatabase } from './beside';
import { patternSizes } from './bundles';
import { SUBJECTS } from './subjects';
import { FIGURES } from './table';

const CONCURRENCY = 64;
const TURNS = 9;
const PART_MS = 250;
const WARM_UP_MS = 1500;

/**
 * `npm run bench -- patterns [--only KEY,...] [--json]`: patterns beside libraries for the same, on one cluster, each in a
 * process of its own. Both sides' operations a second are divided by those of their own client, in the same turn.
 */
export const benchmark: Benchmark = async ({ options, log }) => {
  const { only, ...unknown } = options;
  const [name] = Object.keys(unknown);
  if (name !== undefined) throw new Error(`'--${name}' is not an option of this benchmark`);
  const wanted = only?.split(',') ?? FIGURES.map(({ key }) => key);
  const wrong = wanted.filter((key) => !FIGURES.some((figure) => figure.key === key));
  if (wrong.length > 0) throw new Error(`'--only' must name keys of the table, got: '${wrong.join(',')}'`);
  installPeers(log);
  const result: Record<string, unknown> = {};
  if (wanted.includes('patternBundleKb')) {
    const sizes = patternSizes(patternNames(path.resolve(__dirname, '../..')));
    log(`kilobytes over the connection: ${JSON.stringify(sizes)}`);
    result.patternBundleKb = Math.max(...Object.values(sizes).map(({ kilobytes }) => kilobytes));
    result.patternSizes = sizes;
  }
  const roles = buildRoles(path.join(__dirname, 'roles'));
  if (wanted.some((key) => BESIDE_DATABASE.includes(key))) {
    Object.assign(result, await besideDatabase(roles, wanted, log));
  }
  const cluster = await startRedisCluster({ encrypted: false });
  try {
    for (const subject of wanted.filter((key) => Object.hasOwn(SUBJECTS, key))) {
      const sides = await withChildren(async (start) => {
        const open = async (peer: boolean): Promise<Child> => {
          const child = start(roles.file('patterns'));
          await child.call('open', { subject, peer, peers: path.join(PEERS, 'patterns.mjs'), place: cluster.place });
          await child.call('many', 'operation', CONCURRENCY, WARM_UP_MS);
          await child.call('many', 'raw', CONCURRENCY, WARM_UP_MS / 3);
          return child;
        };
        return race(await open(false), await open(true));
      });
      result[subject] = round(median(sides.ours.map((rate, turn) => rate / (sides.theirs[turn] as number))));
      log(
        `  ${subject}: ${result[subject]} (ours ${round(median(sides.ours))}, theirs ${round(median(sides.theirs))} of a command)`,
      );
    }
  } finally {
    await cluster.dispose();
    roles.dispose();
  }
  const rows = FIGURES.filter(({ key }) => wanted.includes(key));
  for (const figure of rows) {
    const verdict = isMissed(figure, result[figure.key]) ? 'MISSED' : 'ok';
    log(
      `${verdict.padEnd(6)}  ${figure.key.padEnd(24)} ${String(result[figure.key]).padStart(8)}  ${describe(figure).padEnd(14)}  ${figure.what}`,
    );
  }
  return { ...result, missed: rows.filter((figure) => isMissed(figure, result[figure.key])).map(({ key }) => key) };
};

/** Shares of the rate of a side's own client that its operations reach, turn by turn. */
async function race(ours: Child, theirs: Child): Promise<Record<'ours' | 'theirs', number[]>> {
  const shares: Record<'ours' | 'theirs', number[]> = { ours: [], theirs: [] };
  for (let turn = 0; turn < TURNS; turn++) {
    const order = [
      ['ours', ours],
      ['theirs', theirs],
    ] as const;
    // Now one first, now the other.
    for (const [side, child] of turn % 2 === 0 ? order : [...order].reverse()) {
      const rate = (what: string) => child.call<number>('many', what, CONCURRENCY, PART_MS);
      const [before, operations, after] = [await rate('raw'), await rate('operation'), await rate('raw')];
      shares[side].push((2 * operations) / (before + after));
    }
  }
  return shares;
}
