import type { Pool } from 'pg';
import type { DatabaseOptions } from '../../lambdas/platform/database';
import { purgeReport } from '../../lambdas/platform/purge/report';
import { type Postgres, startPostgres } from './postgres';
import { type PipelineOptions, TestPipeline } from './purge-pipeline';

/** A real primary with the purge path's tables: one for all tests of the file, and emptied before each. */
export function purgeDatabase() {
  let postgres: Postgres;
  let primary: Pool;
  let writer: Pool;

  beforeAll(async () => {
    postgres = await startPostgres();
    await postgres.migrate();
    primary = postgres.database('keeper').writer;
    writer = postgres.database('writer').writer;
  });
  afterAll(() => postgres?.dispose());

  beforeEach(async () => {
    await postgres.administrator.query(
      'TRUNCATE cachement.outbox, cachement.purge, cachement.purge_step, cachement.gateway_command, cachement.edge_batch, cachement.edge_month CASCADE',
    );
    await postgres.administrator.query("UPDATE cachement.pace SET tokens = 0, refilled_at = 'epoch', wake_at = NULL");
  });

  return {
    /** The superuser. */
    get administrator() {
      return postgres.administrator;
    },
    /** The role of the purge path. */
    get primary() {
      return primary;
    },
    /** The role of whoever changes something. */
    get writer() {
      return writer;
    },
    /** Another pool of whoever changes something. */
    connect: (options: Partial<DatabaseOptions>) => postgres.database('writer', options).writer,
    pipeline: (options: Partial<PipelineOptions> = {}) => new TestPipeline({ primary, writer, ...options }),
    rowsLeft: async (): Promise<number> => {
      const { rows } = await postgres.administrator.query('SELECT count(*)::integer AS count FROM cachement.outbox');
      return rows[0].count;
    },
    report: (purgeId: string) => purgeReport(primary, purgeId),
  };
}
