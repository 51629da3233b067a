import { clientConfig, startPostgres } from '../../../test/support/postgres';
import { startRedisCluster } from '../../../test/support/redis-cluster';
import { median, round } from '../../support/benchmark';
import { withChildren } from '../../support/child';
import type { Roles } from '../../support/roles';
import { WHILE_DOWN, whileDown } from '../down';
import { DATABASE_SUBJECTS } from './subjects';

const CONCURRENCY = 64;
const CONNECTIONS = 16;
const TURNS = 9;
const PART_MS = 500;
const WARM_UP_MS = 1500;
const SIDES = ['ours', 'sql'] as const;

/** Figures of patterns beside the same real PostgreSQL. */
export const BESIDE_DATABASE = [...Object.keys(DATABASE_SUBJECTS), 'readManyQueries', ...WHILE_DOWN];

/**
 * @param roles programs of its processes.
 * @param wanted names of figures.
 */
export async function besideDatabase(roles: Roles, wanted: readonly string[], log: (line: string) => void) {
  const [cluster, postgres] = [await startRedisCluster(), await startPostgres()];
  const { place } = cluster;
  const figures: Record<string, number> = {};
  try {
    await postgres.migrate();
    // As PostgreSQL has it by itself, and every database in which something is kept: a commit is on disk.
    await postgres.administrator.query('ALTER SYSTEM SET fsync = on');
    await postgres.administrator.query('SELECT pg_reload_conf()');
    const { writer: owner } = postgres.database('owner', { statementTimeoutMs: 0 });
    const database = clientConfig(postgres);
    for (const [key, subject] of Object.entries(DATABASE_SUBJECTS)) {
      if (!wanted.includes(key)) continue;
      await subject.prepare({ owner, administrator: postgres.administrator });
      await withChildren(async (start) => {
        const child = start(roles.file('database'));
        await child.call('open', {
          subject: key,
          place,
          database,
          connections: CONNECTIONS,
        });
        const rate = (what: string, ms: number) => child.call<number>('many', what, CONCURRENCY, ms);
        for (const what of SIDES) await rate(what, WARM_UP_MS);
        const rates = { ours: [] as number[], sql: [] as number[] };
        for (let turn = 0; turn < TURNS; turn++) {
          // Now one first, now the other.
          for (const what of turn % 2 === 0 ? SIDES : [...SIDES].reverse()) rates[what].push(await rate(what, PART_MS));
        }
        const [ours, sql] = [median(rates.ours), median(rates.sql)];
        figures[key] = round(ours / sql);
        log(`  ${key}: ${Math.round(ours)} a second beside ${Math.round(sql)} (${subject.statement})`);
      });
    }
    if (wanted.includes('readManyQueries')) {
      await withChildren(async (start) => {
        figures.readManyQueries = await start(roles.file('database')).call<number>('coldQueries', { place, database });
      });
    }
    if (wanted.some((key) => WHILE_DOWN.includes(key))) {
      Object.assign(figures, await whileDown(roles.file('down'), cluster, database, log));
    }
    return figures;
  } finally {
    await postgres.dispose();
    await cluster.dispose();
  }
}
