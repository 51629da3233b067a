import { createHash } from 'node:crypto';
import type { Certificates } from '../certificates';
import type { NodeOptions, ReplicationGroupOptions, ShardOptions } from './options';

/** Until a node that doesn't answer counts as failed; a replica is promoted about as long again afterwards. */
export const NODE_TIMEOUT_MS = 2000;

/** The real limit follows the node type; this one is enough to see keys being evicted. */
const MAX_MEMORY = '128mb';

/** Parameters of ElastiCache that a server of one's own doesn't have, or that the platform sets. */
const OWN = new Set([
  'appendfsync',
  'appendonly',
  'client-output-buffer-limit-normal-hard-limit',
  'client-output-buffer-limit-normal-soft-limit',
  'client-output-buffer-limit-normal-soft-seconds',
  'client-output-buffer-limit-pubsub-hard-limit',
  'client-output-buffer-limit-pubsub-soft-limit',
  'client-output-buffer-limit-pubsub-soft-seconds',
  'client-output-buffer-limit-replica-hard-limit',
  'client-output-buffer-limit-replica-soft-limit',
  'client-output-buffer-limit-replica-soft-seconds',
  'close-on-replica-write',
  'close-on-slave-write',
  'cluster-enabled',
  'databases',
  'maxmemory',
  'min-slaves-max-lag',
  'min-slaves-to-write',
  'rename-commands',
  'repl-backlog-size',
  'repl-backlog-ttl',
  'repl-timeout',
  'replica-allow-chaining',
  'reserved-memory',
  'reserved-memory-percent',
  'slave-allow-chaining',
]);

/** A line of `redis.conf`. */
type Directive = readonly [name: string, value: string];

/** `redis.conf` of a node. */
export function configuration(
  group: ReplicationGroupOptions,
  node: NodeOptions,
  administrator: { name: string; password: string },
  certificates: Certificates,
): string {
  const directives: Directive[] = [
    // ElastiCache's defaults, which differ from the server's own: a cluster with a lost shard goes on serving the others.
    ...(group.clusterMode ? [['cluster-require-full-coverage', 'no'] as const] : []),
    ['maxmemory-policy', 'volatile-lru'],
    ...Object.entries(group.parameters).filter(([name]) => !OWN.has(name)),
    ['bind', '127.0.0.1'],
    ['port', group.tls ? '0' : String(node.port)],
    ['maxmemory', MAX_MEMORY],
    ['save', ''],
    ['appendonly', 'no'],
    // A node that is told to end doesn't wait for its replicas.
    ['shutdown-timeout', '0'],
    ['aclfile', 'users.acl'],
    ['masteruser', administrator.name],
    ['masterauth', administrator.password],
    // A new replica is served at once instead of waiting for others to come.
    ['repl-diskless-sync-delay', '0'],
    ['repl-ping-replica-period', '1'],
    ...(group.clusterMode ? cluster(group, node) : []),
    ...(group.tls ? tls(node, certificates) : []),
  ];
  return directives.map(([name, value]) => `${name} ${quoted(value)}\n`).join('');
}

function cluster(group: ReplicationGroupOptions, node: NodeOptions): Directive[] {
  return [
    ['cluster-enabled', 'yes'],
    ['cluster-config-file', 'nodes.conf'],
    ['cluster-port', String(node.busPort)],
    ['cluster-announce-ip', '127.0.0.1'],
    ['cluster-node-timeout', String(NODE_TIMEOUT_MS)],
    // Shards stay as the template has them, and a replica may take over however long it was stopped: the data are a cache's.
    ['cluster-allow-replica-migration', 'no'],
    ['cluster-replica-validity-factor', '0'],
    ['cluster-replica-no-failover', group.automaticFailover ? 'no' : 'yes'],
    ...(group.tls ? [['tls-cluster', 'yes'] as const] : []),
  ];
}

function tls(node: NodeOptions, { caFile, certificateFile, keyFile }: Certificates): Directive[] {
  return [
    ['tls-port', String(node.port)],
    ['tls-replication', 'yes'],
    ['tls-auth-clients', 'no'],
    ['tls-ca-cert-file', caFile],
    ['tls-cert-file', certificateFile],
    ['tls-key-file', keyFile],
  ];
}

/**
 * `nodes.conf` of a node, as if the cluster had been formed before: each node knows all others and who has which slots, so that
 * nothing has to meet, and no race between meeting and replicating can be lost.
 */
export function nodesFile(shards: readonly ShardOptions[], self: NodeOptions): string {
  const lines = shards.flatMap((shard, index) =>
    shard.nodes.map((node, member) => {
      const address = `${nodeId(node)} 127.0.0.1:${node.port}@${node.busPort}`;
      const flags = `${node === self ? 'myself,' : ''}${member === 0 ? 'master' : 'slave'}`;
      const primary = member === 0 ? '-' : nodeId(shard.nodes[0]!);
      const state = `${flags} ${primary} 0 0 ${index + 1} connected`;
      return `${address} ${state}${member === 0 ? ` ${shard.slots.split(',').join(' ')}` : ''}\n`;
    }),
  );
  return `${lines.join('')}vars currentEpoch ${shards.length} lastVoteEpoch 0\n`;
}

/** The 40 hex digits by which nodes know each other. */
export function nodeId(node: NodeOptions): string {
  return createHash('sha1').update(node.name).digest('hex');
}

function quoted(value: string): string {
  return `"${value.replace(/["\\]/g, '\\$&')}"`;
}
