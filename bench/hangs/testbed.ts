import * as path from 'node:path';
import Redis from 'ioredis';
import type { ClientConfig } from 'pg';
import type { Credentials } from '../../lambdas/runtime';
import { clientConfig, type Postgres, PRIMARY, startPostgres } from '../../test/support/postgres';
import { type RedisCluster, startRedisCluster } from '../../test/support/redis-cluster';
import { Child, type Remote, remote } from '../support/child';
import { buildRoles, type Roles } from '../support/roles';
import type { ApplicationOptions, Application as Methods } from './roles/application';

import keySlot = require('cluster-key-slot');

/** An application in a process of its own, which may hang without holding up the benchmark. */
export type Application = Remote<Methods>;

/** Keys of one shard, and of the others. */
export interface KeysByShard {
  /** The node that is the shard's master now. */
  readonly master: string;
  readonly on: readonly string[];
  readonly off: readonly string[];
}

/** A cluster and a database whose processes can be frozen, and applications that use them. */
export class Testbed {
  readonly #cluster: RedisCluster;
  readonly #postgres: Postgres;
  readonly #database: ClientConfig;
  readonly #roles: Roles;
  #children: Child[] = [];
  #namespaces = 0;

  private constructor(cluster: RedisCluster, postgres: Postgres, roles: Roles) {
    this.#cluster = cluster;
    this.#postgres = postgres;
    this.#database = clientConfig(postgres);
    this.#roles = roles;
  }

  static async start(): Promise<Testbed> {
    const roles = buildRoles(path.join(__dirname, 'roles'));
    const cluster = await startRedisCluster();
    const postgres = await startPostgres();
    await postgres.administrator.query('CREATE TABLE behind (key text PRIMARY KEY, version bigint NOT NULL)');
    await postgres.administrator.query(`GRANT ALL ON behind TO ${clientConfig(postgres).user}`);
    return new Testbed(cluster, postgres, roles);
  }

  /** Keys in the shared tier begin with it; another one for each case. */
  nextNamespace(): string {
    return `case-${++this.#namespaces}`;
  }

  async open(namespace: string, options: Partial<ApplicationOptions> = {}): Promise<Application> {
    const child = new Child(this.#roles.file('application'));
    this.#children.push(child);
    const application = remote<Methods>(child);
    await application.open({ place: this.#cluster.place, namespace, database: this.#database, ...options });
    return application;
  }

  async freezeCluster(): Promise<void> {
    await this.#signal(await this.#nodes(), 'SIGSTOP');
  }

  async freeze(node: string): Promise<void> {
    await this.#signal([node], 'SIGSTOP');
  }

  async freezeDatabase(): Promise<void> {
    await this.#postgres.engines.kill(PRIMARY, 'SIGSTOP');
  }

  async thawDatabase(): Promise<void> {
    await this.#postgres.engines.kill(PRIMARY, 'SIGCONT');
  }

  /** Ends the applications, and has every server run again. */
  async reset(): Promise<void> {
    for (const child of this.#children) child.kill();
    this.#children = [];
    await this.thawDatabase();
    await this.#signal(await this.#nodes(), 'SIGCONT');
    await Promise.all([this.#cluster.engines.ready(), this.#postgres.engines.ready()]);
  }

  /** Some of the keys that begin so, by whether one shard has them. */
  async keysByShard(prefix: string, count: number): Promise<KeysByShard> {
    const masters = await this.#masters();
    const ranges = await this.#asAdministrator(masters[0] as string, (client) => client.cluster('SLOTS'));
    // An entry is named by its namespace, that one's version, and its key.
    const slotOf = (key: string) => keySlot(`item/1/${key}`);
    const [first, last, node] = ranges[0] as (typeof ranges)[number];
    const processes = await this.#cluster.engines.processes();
    const master = processes.find(({ port }) => port === node?.[1])?.name as string;
    const all = Array.from({ length: 20 * count }, (_, i) => `${prefix}-${i}`);
    const isOn = (key: string) => slotOf(key) >= first && slotOf(key) <= last;
    return { master, on: all.filter(isOn).slice(0, count), off: all.filter((key) => !isOn(key)).slice(0, count) };
  }

  /** Gives the applications' user another password on every node, and closes its connections. */
  async rotate(password: string): Promise<Credentials> {
    const { username } = this.#cluster.place.user as Credentials;
    for (const node of await this.#nodes()) {
      await this.#asAdministrator(node, async (client) => {
        await client.call('ACL', 'SETUSER', username, 'resetpass', `>${password}`);
        await client.call('CLIENT', 'KILL', 'USER', username);
      });
    }
    return { username, password };
  }

  /** The password that applications open with. */
  get password(): string {
    return (this.#cluster.place.user as Credentials).password;
  }

  /** Keys of queued writes that have reached the database. */
  async flushed(): Promise<Set<string>> {
    const { rows } = await this.#postgres.administrator.query<{ key: string }>('SELECT key FROM behind');
    return new Set(rows.map(({ key }) => key));
  }

  async dispose(): Promise<void> {
    await this.reset();
    await Promise.all([this.#cluster.dispose(), this.#postgres.dispose()]);
    this.#roles.dispose();
  }

  async #nodes(): Promise<string[]> {
    return (await this.#cluster.engines.processes()).map(({ name }) => name);
  }

  async #masters(): Promise<string[]> {
    return (await this.#cluster.engines.processes()).filter(({ role }) => role === 'primary').map(({ name }) => name);
  }

  async #signal(names: readonly string[], signal: NodeJS.Signals): Promise<void> {
    await Promise.all(names.map((name) => this.#cluster.engines.kill(name, signal)));
  }

  async #asAdministrator<T>(node: string, use: (client: Redis) => Promise<T>): Promise<T> {
    const client = new Redis(this.#cluster.engines.cacheAdministrator(node));
    client.on('error', () => {});
    try {
      return await use(client);
    } finally {
      client.disconnect();
    }
  }
}
