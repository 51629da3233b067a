import type { RedisOptions } from 'ioredis';
import type { ClientConfig } from 'pg';
import { Processes } from '../host/processes';
import type { Operations, Product, ProductContext } from '../types';
import { ensureCertificates } from './certificates';
import type { EnginesOptions } from './from-template';
import { cacheOperations } from './operations';
import { Database } from './postgres/database';
import type { PostgresServer } from './postgres/server';
import type { RedisNode } from './redis/node';
import { ReplicationGroup } from './redis/replication-group';

/** A process of an engine, at the moment of asking. */
export interface EngineProcess {
  /** `postgres:<stack>/<logical id>`, or `redis:<stack>/<logical id>:<shard>-<node>`. */
  readonly name: string;
  readonly kind: 'postgres-primary' | 'postgres-standby' | 'redis';
  /** A cache node's is what the rest of the cluster says; undefined where nobody is left to ask. */
  readonly role?: 'primary' | 'replica';
  readonly port: number;
  /** Undefined where the process isn't running. */
  readonly pid?: number;
}

/** The databases and caches of the template, as real servers. */
export interface Engines extends Product {
  /** Answered once started. */
  readonly operations: Operations;
  /** Every process that there should be. */
  processes(): Promise<EngineProcess[]>;
  /**
   * Sends a signal to a process and those that it started. Resolves when it has ended, or for `SIGSTOP` and `SIGCONT` at once.
   * @param signal - SIGKILL by default
   */
  kill(name: string, signal?: NodeJS.Signals): Promise<void>;
  /**
   * Starts a process that has ended, with the data that it had on disk, and resolves when it answers. A cache node that was a
   * primary waits until its shard has another one, where it can have one.
   */
  restart(name: string): Promise<void>;
  /** Resolves when everything is usable again: complete clusters, connected replicas, standbys that have caught up. */
  ready(): Promise<void>;
  /** Connection to a database server as a superuser. */
  databaseAdministrator(name: string): ClientConfig;
  /** Connection to one cache node as the platform's own user. */
  cacheAdministrator(name: string): RedisOptions;
}

export function createEngines(options: EnginesOptions, context: ProductContext): Engines {
  return new RunningEngines(options, context);
}

class RunningEngines implements Engines {
  readonly #options: EnginesOptions;
  readonly #context: ProductContext;
  readonly operations: Operations;
  #disposed = false;
  #databases: Database[] = [];
  #groups: ReplicationGroup[] = [];
  #supervisor?: Processes;
  #starting: Promise<void>[] = [];

  constructor(options: EnginesOptions, context: ProductContext) {
    this.#options = options;
    this.#context = context;
    // The groups are there once started; the table is asked for before.
    this.operations = cacheOperations(() => this.#groups, context.environment);
  }

  async start(): Promise<void> {
    const { environment, log } = this.#context;
    const started = performance.now();
    const certificates = await ensureCertificates(environment);
    if (this.#disposed) return;
    const supervisor = new Processes(environment.stateDir, ({ spec, pid }) => {
      log('engines', `${spec.name} (process ${pid}) ended`);
    });
    this.#supervisor = supervisor;
    this.#databases = this.#options.databases.map((one) => new Database(one, environment.stateDir, supervisor, certificates));
    this.#groups = this.#options.replicationGroups.map(
      (one) => new ReplicationGroup(one, environment.stateDir, supervisor, certificates),
    );
    this.#starting = [...this.#databases, ...this.#groups].map((engine) => engine.start());
    await Promise.all(this.#starting);
    log('engines', `ready in ${Math.round(performance.now() - started)} ms`);
  }

  async dispose(): Promise<void> {
    this.#disposed = true;
    await this.#supervisor?.dispose();
    // What is still starting fails without its process; until then it may write.
    await Promise.allSettled(this.#starting);
    await Promise.all([...this.#databases, ...this.#groups].map((engine) => engine.remove()));
  }

  async processes(): Promise<EngineProcess[]> {
    const database = (server: PostgresServer, kind: EngineProcess['kind']): EngineProcess => ({
      name: server.name,
      kind,
      role: kind === 'postgres-primary' ? 'primary' : 'replica',
      port: server.port,
      pid: server.process?.running ? server.process.pid : undefined,
    });
    const caches = await Promise.all(
      this.#groups.map(async (group) => {
        const states = await group.topology();
        return group.nodes.map(
          (node): EngineProcess => ({
            name: node.options.name,
            kind: 'redis',
            role: states?.find((state) => state.node === node.options)?.role,
            port: node.options.port,
            pid: node.running ? node.process!.pid : undefined,
          }),
        );
      }),
    );
    return [
      ...this.#databases.flatMap(({ primary, standbys }) => [
        database(primary, 'postgres-primary'),
        ...standbys.map((standby) => database(standby, 'postgres-standby')),
      ]),
      ...caches.flat(),
    ];
  }

  async kill(name: string, signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    const { process } = this.#server(name)?.server ?? this.#node(name).node;
    process?.signal(signal);
    if (signal !== 'SIGSTOP' && signal !== 'SIGCONT') await process?.exited;
  }

  async restart(name: string): Promise<void> {
    const found = this.#server(name);
    if (found) return found.server.start();
    const { node, group } = this.#node(name);
    return group.restart(node);
  }

  async ready(): Promise<void> {
    await Promise.all([...this.#databases, ...this.#groups].map((engine) => engine.ready()));
  }

  databaseAdministrator(name: string): ClientConfig {
    const found = this.#server(name);
    if (!found) throw new Error(`there is no database server '${name}'`);
    const { databaseName } = found.database.options;
    return { ...found.server.administrator, ...(databaseName && { database: databaseName }) };
  }

  cacheAdministrator(name: string): RedisOptions {
    return this.#node(name).node.administrator;
  }

  #server(name: string): { server: PostgresServer; database: Database } | undefined {
    return this.#databases
      .flatMap((database) => database.servers.map((server) => ({ server, database })))
      .find(({ server }) => server.name === name);
  }

  #node(name: string): { node: RedisNode; group: ReplicationGroup } {
    const found = this.#groups
      .flatMap((group) => group.nodes.map((node) => ({ node, group })))
      .find(({ node }) => node.options.name === name);
    if (!found) throw new Error(`there is no engine process '${name}'`);
    return found;
  }
}
