import type { Pool } from 'pg';
import type { EventDetails } from '../../lib/contract/events';
import { type ClusterState, clusterState } from '../runtime/cluster-state';
import { newBudget } from '../runtime/connection/budget';
import type { RedisStore } from '../runtime/shared/redis-store';
import type { Database } from './database';

/** `degraded`: requests are served, but something that should be there isn't. `unknown`: it couldn't be asked. */
export type Status = 'ok' | 'degraded' | 'down' | 'unknown';

/** Each tier's state, for everybody: it has no name or address of a server. */
export interface Health {
  /** `down` only where no database server can be reached. */
  readonly status: Exclude<Status, 'unknown'>;
  readonly edge: TierPurges;
  readonly gateway: TierPurges;
  readonly shared: ClusterHealth | typeof UNKNOWN;
  readonly database: { readonly primary: ServerState; readonly replicas: readonly ServerState[] };
  /** The cluster as ElastiCache described it last; absent before the first report. */
  readonly topology?: {
    readonly status: string;
    readonly ageSeconds: number;
    readonly shards: readonly { readonly status: string; readonly nodes: readonly { readonly role?: string }[] }[];
  };
}

/** State of the shared tier's cluster, with its nodes by role. */
export interface ClusterHealth {
  readonly status: ClusterState['status'];
  readonly nodes: readonly Omit<ClusterState['nodes'][number], 'address'>[];
}

/** A tier that can't be asked from here shows by its purges how it is. */
export interface TierPurges {
  readonly status: Status;
  /** Purges that wait for this tier. */
  readonly waiting?: number;
  /** Age of the oldest of them. */
  readonly oldestSeconds?: number;
}

export interface ServerState {
  readonly status: 'ok' | 'down';
  readonly latencyMs?: number;
}

/** Timeout of one server, in milliseconds: less than anyone who watches would wait. */
const budget = newBudget(500, () => new Error('no answer within 500 ms'));

/**
 * A purge that waits longer than this for a tier isn't on its normal way, in seconds: drain, delays and CloudFront's 25 s at P95
 * fit in.
 */
const LATE_SECONDS = 60;

const UNKNOWN = { status: 'unknown' as const };

/** Asks everything at once, within the budget of one answer. @param store the shared tier, where it is one that can be asked. */
export async function health(store: RedisStore | undefined, database: Database): Promise<Health> {
  const [shared, primary, replicas, pipeline] = await Promise.all([
    store ? budget.limit(clusterState(store.connection)).then(nameless, () => UNKNOWN) : UNKNOWN,
    ping(database.writer),
    Promise.all(database.readers.map(ping)),
    budget.limit(readPipeline(database.writer)).catch(() => undefined),
  ]);
  const servers = [primary, ...replicas];
  const edge = tier(pipeline?.edge_waiting, pipeline?.edge_oldest);
  const gateway = tier(pipeline?.gateway_waiting, pipeline?.gateway_oldest);
  const wholly = servers.every(({ status }) => status === 'ok') && [edge, gateway, shared].every(({ status }) => status === 'ok');
  return {
    status: servers.every(({ status }) => status === 'down') ? 'down' : wholly ? 'ok' : 'degraded',
    edge,
    gateway,
    shared,
    database: { primary, replicas },
    ...(pipeline?.report && {
      topology: {
        status: pipeline.report.status,
        ageSeconds: Math.round(pipeline.report_age ?? 0),
        shards: pipeline.report.shards.map(({ status, nodes }) => ({ status, nodes: nodes.map(({ role }) => ({ role })) })),
      },
    }),
  };
}

function nameless({ status, nodes }: ClusterState): ClusterHealth {
  return { status, nodes: nodes.map(({ role, status }) => ({ role, status })) };
}

interface Pipeline {
  gateway_waiting: number;
  gateway_oldest: number | null;
  edge_waiting: number;
  edge_oldest: number | null;
  report: EventDetails['TopologyReported'] | null;
  report_age: number | null;
}

async function readPipeline(primary: Pool): Promise<Pipeline | undefined> {
  const { rows } = await primary.query<Pipeline>(
    `SELECT gateway_waiting, gateway_oldest, edge_waiting, edge_oldest, report,
       extract(epoch FROM clock_timestamp() - reported_at)::float8 AS report_age
     FROM (SELECT count(*)::integer AS gateway_waiting, extract(epoch FROM clock_timestamp() - min(not_before))::float8 AS gateway_oldest
           FROM cachement.outbox JOIN cachement.gateway_command USING (command_id)) AS gateway,
          (SELECT count(*)::integer AS edge_waiting, extract(epoch FROM clock_timestamp() - min(sealed_at))::float8 AS edge_oldest
           FROM cachement.outbox JOIN cachement.edge_batch USING (batch_id)) AS edge
     LEFT JOIN (SELECT report, reported_at FROM cachement.topology ORDER BY reported_at DESC LIMIT 1) AS topology ON true`,
  );
  return rows[0];
}

function tier(waiting: number | undefined, oldest: number | null | undefined): TierPurges {
  if (waiting === undefined) return { status: 'unknown' };
  const oldestSeconds = Math.max(0, Math.round(oldest ?? 0));
  return { status: oldestSeconds > LATE_SECONDS ? 'degraded' : 'ok', waiting, ...(waiting > 0 && { oldestSeconds }) };
}

async function ping(pool: Pool): Promise<ServerState> {
  const start = performance.now();
  try {
    await budget.limit(pool.query('SELECT 1'));
    return { status: 'ok', latencyMs: Math.round(performance.now() - start) };
  } catch {
    return { status: 'down' };
  }
}
