import { randomBytes } from 'node:crypto';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type Redis from 'ioredis';
import type { Processes } from '../../host/processes';
import { redisBinary } from '../binaries';
import type { Certificates } from '../certificates';
import { aclFile, administrator } from './acl';
import { configuration, NODE_TIMEOUT_MS, nodesFile } from './config';
import { RedisNode } from './node';
import { type NodeOptions, type ReplicationGroupOptions, SLOTS } from './options';
import { type NodeState, readTopology } from './topology';

/** The name of the platform's own user. */
const ADMINISTRATOR = 'local-platform';

const POLL_MS = 25;

/** Limit on the cluster's start, in milliseconds; 2 s of that are the server's own delay before it takes writes. */
const READY_LIMIT_MS = 30_000;

/** Limit on a promotion: detection, election, and again as much for a busy machine. */
const PROMOTION_LIMIT_MS = 6 * NODE_TIMEOUT_MS;

/** Redis Cluster, or single node, with the nodes, users and parameters of a replication group or a serverless cache. */
export class ReplicationGroup {
  readonly #certificates: Certificates;
  readonly nodes: readonly RedisNode[];
  readonly #password = randomBytes(24).toString('hex');

  constructor(
    readonly options: ReplicationGroupOptions,
    stateDir: string,
    processes: Processes,
    certificates: Certificates,
  ) {
    this.#certificates = certificates;
    const binary = redisBinary();
    const ca = fs.readFileSync(certificates.caFile, 'utf8');
    this.nodes = options.shards
      .flatMap((shard) => shard.nodes)
      .map(
        (node) =>
          new RedisNode(node, path.join(stateDir, 'redis', node.cacheClusterId), binary, processes, {
            host: '127.0.0.1',
            port: node.port,
            username: ADMINISTRATOR,
            password: this.#password,
            ...(options.tls && { tls: { ca } }),
          }),
      );
  }

  /** From nothing to a cluster that can be used, with every replica connected. */
  async start(): Promise<void> {
    const { shards, users, clusterMode } = this.options;
    if (users.some((user) => user.name === ADMINISTRATOR)) {
      throw new Error(`the name '${ADMINISTRATOR}' of a cache user is taken by the local platform: choose another one`);
    }
    const own = { name: ADMINISTRATOR, password: this.#password };
    const acl = aclFile([...users, administrator(own.name, own.password)]);
    for (const node of this.nodes) {
      node.prepare({
        'redis.conf': configuration(this.options, node.options, own, this.#certificates),
        'users.acl': acl,
        ...(clusterMode && { 'nodes.conf': nodesFile(shards, node.options) }),
      });
    }
    await Promise.all(this.nodes.map((node) => node.start()));
    await this.ready();
  }

  /** Resolves once every node takes part in a complete cluster, and every replica has its primary's data. */
  async ready(): Promise<void> {
    if (!this.options.clusterMode) {
      await Promise.all(this.nodes.map((node) => node.answer((client) => client.ping())));
      return;
    }
    const deadline = Date.now() + READY_LIMIT_MS;
    await Promise.all(
      this.nodes.map((node) =>
        node.answer(async (client) => {
          while (!(await isComplete(client, this.nodes.length))) {
            if (Date.now() > deadline) {
              throw new Error(
                `${node.options.name} (port ${node.options.port}) is not part of a complete cluster:\n${node.process?.logTail()}`,
              );
            }
            await sleep(POLL_MS);
          }
        }),
      ),
    );
  }

  /**
   * Starts a node that has ended, and resolves when it answers. Where it was its shard's primary and a replica can take over,
   * that comes first, as ElastiCache does it: an empty primary that came back sooner would have its replicas drop their data.
   */
  async restart(node: RedisNode): Promise<void> {
    const deadline = Date.now() + PROMOTION_LIMIT_MS;
    while (Date.now() < deadline && (await this.#isToBeReplaced(node))) await sleep(POLL_MS * 4);
    await node.start();
    await node.answer((client) => client.ping());
  }

  /** The cluster as the first node to answer sees it; undefined where none does. */
  async topology(): Promise<NodeState[] | undefined> {
    if (!this.options.clusterMode) {
      return this.nodes.map(({ options, running }) => ({ node: options, role: 'primary', failed: !running, serving: running }));
    }
    try {
      const answers = this.nodes
        .filter((node) => node.running)
        .map((node) => node.quickAnswer((client) => client.cluster('NODES')));
      return readTopology(this.options, String(await Promise.any(answers)));
    } catch {
      return undefined;
    }
  }

  /** Deletes all data. */
  remove(): void {
    for (const node of this.nodes) node.remove();
  }

  async #isToBeReplaced(node: RedisNode): Promise<boolean> {
    if (!this.options.automaticFailover) return false;
    const states = await this.topology();
    const isUp = (state: NodeState) => this.#nodeOf(state.node).running;
    const shard = this.options.shards.find(({ nodes }) => nodes.includes(node.options))!;
    const own = states?.find((state) => state.node === node.options);
    if (!states || own?.role !== 'primary' || !own.serving) return false;
    const replicas = states.filter((state) => state !== own && shard.nodes.includes(state.node) && isUp(state));
    // The primaries vote, and the lost one counts.
    const voters = states.filter((state) => state.role === 'primary' && state.serving);
    return replicas.length > 0 && voters.filter(isUp).length > voters.length / 2;
  }

  #nodeOf(options: NodeOptions): RedisNode {
    return this.nodes.find((node) => node.options === options)!;
  }
}

/**
 * True of a node that can serve clients and tells them about all of the others: a replica that has nothing of its primary's yet
 * is left out of the slots' table.
 */
async function isComplete(client: Redis, nodes: number): Promise<boolean> {
  const info = String(await client.cluster('INFO'));
  if (!info.includes('cluster_state:ok') || !info.includes(`cluster_slots_ok:${SLOTS}`)) return false;
  const [role, , , link] = (await client.call('ROLE')) as [string, ...unknown[]];
  if (role === 'slave' && link !== 'connected') return false;
  // Each entry has the first and the last slot, then a list for each node: address, port, id.
  const slots = await client.cluster('SLOTS');
  return new Set(slots.flatMap(([, , ...served]) => served.map(([, , id]) => id))).size === nodes;
}
