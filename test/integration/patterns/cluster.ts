import { Cluster, Redis } from 'ioredis';
import { RedisConnection, type RedisConnectionOptions } from '../../../lambdas/runtime';
import { atomicScript, runReplicated } from '../../../lambdas/runtime/connection/run-script';
import { namesOfParts, slotOf } from '../../../lambdas/runtime/shared/hash-slot';
import { type Postgres, startPostgres } from '../../support/postgres';
import { type RedisCluster, reach, startRedisCluster } from '../../support/redis-cluster';
import { waitFor } from '../../support/wait-for';

/** Bounds of the application's own statements on a busy machine. */
export const PATIENT = { connectTimeoutMs: 30_000, statementTimeoutMs: 30_000 };

const SETTLED = atomicScript("redis.call('SET', KEYS[1], '', 'PX', 60000)");

/** The one cluster that the tests of all patterns share, and what they do to it. */
export class PatternCluster {
  readonly #connections: RedisConnection[] = [];
  readonly #clients: { disconnect(): void }[] = [];

  private constructor(readonly cluster: RedisCluster) {}

  static async start(): Promise<PatternCluster> {
    return new PatternCluster(await startRedisCluster());
  }

  /** Connection as a process of its own would have it. Budgets are those of a busy machine, unless a test is about them. */
  connection(options: Partial<RedisConnectionOptions> = {}): RedisConnection {
    const { namespace = 'patterns' } = options;
    const budgets = { connectBudgetMs: 30_000, budgetMs: 5000, writeBudgetMs: 10_000 };
    const connection = new RedisConnection({ ...reach(this.cluster.place, namespace), ...budgets, ...options });
    this.#connections.push(connection);
    return connection;
  }

  #postgres: Promise<Postgres> | undefined;

  /** The one PostgreSQL of all tests that need it, started by the first. */
  postgres(): Promise<Postgres> {
    this.#postgres ??= startPostgres();
    return this.#postgres;
  }

  /** Client that isn't the library's, to look at keys with. */
  client(): Cluster {
    const { host, port, tls, user } = this.cluster.place;
    const client = new Cluster([{ host, port }], { redisOptions: { ...user, ...(tls && { tls }), enableReadyCheck: false } });
    this.#clients.push(client);
    return client;
  }

  /** Name of the process that is the master of a key's slot. */
  async masterOf(key: string): Promise<string> {
    const owner = await this.#owner(slotOf(key));
    return owner.name;
  }

  /** Uses a connection of each master's administrator. */
  async asAdministrators<T>(
    use: (masters: readonly { readonly name: string; readonly redis: Redis }[]) => Promise<T>,
  ): Promise<T> {
    const processes = (await this.cluster.engines.processes()).filter((each) => each.kind === 'redis' && each.role === 'primary');
    const masters = processes.map(({ name }) => ({ name, redis: new Redis(this.cluster.engines.cacheAdministrator(name)) }));
    try {
      return await use(masters);
    } finally {
      for (const { redis } of masters) redis.disconnect();
    }
  }

  /** Stops the master of a key while something is done; a replica may have taken over when it goes on. */
  async whileFrozen<T>(key: string, use: () => Promise<T>): Promise<T> {
    const name = await this.masterOf(key);
    await this.cluster.engines.kill(name, 'SIGSTOP');
    try {
      return await use();
    } finally {
      await this.cluster.engines.kill(name, 'SIGCONT');
      await this.cluster.engines.ready();
    }
  }

  /** Kills the master of a key, does something, and starts it again. */
  async withFailover<T>(key: string, use: () => Promise<T>): Promise<T> {
    const name = await this.masterOf(key);
    await this.cluster.engines.kill(name);
    try {
      return await use();
    } finally {
      await this.cluster.engines.restart(name);
      await this.cluster.engines.ready();
    }
  }

  /**
   * Stops the master of a key while something is done, kills it while something else is, and only then lets its replica take
   * over. It is started again once `replaced` has returned.
   */
  async whileReplaced(key: string, of: Record<'frozen' | 'stopped' | 'replaced', () => Promise<void>>): Promise<void> {
    const { engines } = this.cluster;
    const name = await this.masterOf(key);
    const replicas = await this.cluster.nodes('replica');
    const mayTakeOver = (may: boolean) =>
      Promise.all(
        replicas.map(async (replica) => {
          const redis = new Redis(engines.cacheAdministrator(replica.name));
          await redis.config('SET', 'cluster-replica-no-failover', may ? 'no' : 'yes').finally(() => redis.disconnect());
        }),
      );
    await mayTakeOver(false);
    try {
      await engines.kill(name, 'SIGSTOP');
      await of.frozen();
      await engines.kill(name, 'SIGKILL');
      await of.stopped();
      await mayTakeOver(true);
      await of.replaced();
    } finally {
      await mayTakeOver(true);
      await engines.restart(name);
      await engines.ready();
    }
  }

  /** Lets no master take more memory, as a tier does that is full and may evict nothing. */
  async withoutMemory<T>(use: () => Promise<T>): Promise<T> {
    return this.withSettings({ 'maxmemory-policy': 'noeviction', maxmemory: '1' }, use);
  }

  /** Lets no master write, as one that has lost its replicas and is told to mind. */
  async readOnly<T>(use: () => Promise<T>): Promise<T> {
    return this.withSettings({ 'min-replicas-to-write': '5' }, use);
  }

  async withSettings<T>(settings: Readonly<Record<string, string>>, use: () => Promise<T>): Promise<T> {
    return this.asAdministrators(async (masters) => {
      const before = await Promise.all(Object.keys(settings).map((name) => masters[0]!.redis.config('GET', name)));
      const set = (values: Iterable<readonly [string, string]>) =>
        Promise.all([...values].flatMap(([name, value]) => masters.map(({ redis }) => redis.config('SET', name, value))));
      await set(Object.entries(settings));
      try {
        return await use();
      } finally {
        // The other way round: a limit that is still there and a policy that evicts would leave nothing.
        await set((before as [string, string][]).reverse());
      }
    });
  }

  /** Keys of a namespace that have no time to live. */
  async keysWithoutTtl(namespace: string): Promise<string[]> {
    return this.asAdministrators(async (masters) => {
      const found: string[] = [];
      for (const { redis } of masters) {
        for await (const keys of redis.scanStream({ match: `${namespace}:*` })) {
          for (const key of keys as string[]) if ((await redis.pttl(key)) === -1) found.push(key);
        }
      }
      return found.sort();
    });
  }

  async #owner(slot: number): Promise<{ readonly name: string }> {
    return this.asAdministrators(async (masters) => {
      for (const { name, redis } of masters) {
        const [id, slots] = await Promise.all([redis.cluster('MYID'), redis.cluster('SLOTS')]);
        if (slots.some(([first, last, master]) => first <= slot && slot <= last && master?.[2] === id)) return { name };
      }
      throw new Error(`no master has slot ${slot}`);
    });
  }

  /** Resolves once every shard takes writes, and has a replica that follows: what the cases before have left is over. */
  async settled(): Promise<void> {
    const connection = this.connection({ namespace: 'settled' });
    for (const name of namesOfParts('settled:test:')) {
      const write = () =>
        runReplicated(connection, SETTLED, [name]).then(
          ({ replicated }) => replicated,
          () => false,
        );
      await waitFor(`the shard of ${name}`, write, { timeoutMs: 60_000 });
    }
    await connection.close();
  }

  async dispose(): Promise<void> {
    for (const client of this.#clients) client.disconnect();
    await Promise.all(this.#connections.map((connection) => connection.close()));
    await (await this.#postgres)?.dispose();
    await this.cluster.dispose();
  }
}
