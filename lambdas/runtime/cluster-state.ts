import type { Redis } from 'ioredis';
import { newBudget } from './connection/budget';
import type { RedisConnection } from './connection/redis-connection';
import { SLOTS } from './shared/hash-slot';

/** State of a cluster, for a health check. */
export interface ClusterState {
  /** `ok` where every node answers, `degraded` where some do, `down` where none does. */
  readonly status: 'ok' | 'degraded' | 'down';
  /** Nodes that the cluster knows of, each with the health that the cluster reports: `online`, `loading` or `fail`. */
  readonly nodes: readonly { readonly address: string; readonly role: 'primary' | 'replica'; readonly status: string }[];
}

/** Limit of the question, in milliseconds: less than the half second that a health check waits for everything. */
const ANSWER_LIMIT_MS = 400;

const DOWN: ClusterState = { status: 'down', nodes: [] };

const budget = newBudget(ANSWER_LIMIT_MS, () => new Error('no answer'));

/**
 * State of a connection's cluster, as the cluster reports it and as far as this process reaches it. It asks each master now: what
 * the breakers saw may be long over, since only reads of a shard show that it answers again. Never throws.
 */
export async function clusterState(connection: Pick<RedisConnection, 'client'>): Promise<ClusterState> {
  try {
    const client = await connection.client();
    const answers = await Promise.allSettled(client.nodes('master').map((master) => budget.limit(shardsOf(master))));
    const shards = answers.find((answer) => answer.status === 'fulfilled')?.value;
    if (!shards) return DOWN;
    const nodes = shards
      .flatMap((shard) => (shard.nodes as unknown[][]).map(record))
      .map((node) => ({
        address: `${node.ip ?? node.endpoint}:${node['tls-port'] ?? node.port}`,
        role: node.role === 'master' ? ('primary' as const) : ('replica' as const),
        status: String(node.health),
      }));
    const covered = shards
      .flatMap((shard) => shard.slots as number[])
      .reduce((sum, slot, i) => sum + (i % 2 ? slot + 1 : -slot), 0);
    // A replica that has replicated nothing yet says 'loading'.
    const healthy = covered === SLOTS && nodes.every(({ status }) => status === 'online' || status === 'loading');
    const answered = answers.every(({ status }) => status === 'fulfilled');
    return { status: healthy && answered ? 'ok' : 'degraded', nodes };
  } catch {
    return DOWN;
  }
}

/** Shards as a master reports them; a server without cluster mode is the only one, with the replicas that it has. */
async function shardsOf(master: Redis): Promise<Record<string, unknown>[]> {
  try {
    return ((await master.cluster('SHARDS')) as unknown[][]).map(record);
  } catch (error) {
    if (!/cluster support disabled/.test((error as Error).message)) throw error;
    const [, , replicas] = (await master.role()) as [string, number, [string, string][]];
    const { host, port } = master.options;
    const node = (role: string, ip: unknown, at: unknown) => ['role', role, 'ip', ip, 'port', at, 'health', 'online'];
    return [
      {
        slots: [0, SLOTS - 1],
        nodes: [node('master', host, port), ...replicas.map(([ip, at]) => node('replica', ip, at))],
      },
    ];
  }
}

/** CLUSTER SHARDS replies flat lists of names and values. */
function record(list: readonly unknown[]): Record<string, unknown> {
  return Object.fromEntries(list.flatMap((name, i) => (i % 2 === 0 ? [[name, list[i + 1]]] : [])));
}
