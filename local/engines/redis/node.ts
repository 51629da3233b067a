import * as fs from 'node:fs';
import * as path from 'node:path';
import Redis, { type RedisOptions } from 'ioredis';
import type { ManagedProcess, Processes } from '../../host/processes';
import type { RedisBinary } from '../binaries';
import type { NodeOptions } from './options';

/** Limit on a node's answer, in milliseconds: a stopped process takes connections and never answers. */
const ANSWER_LIMIT_MS = 1000;

/** One Redis process of a cluster. */
export class RedisNode {
  readonly #folder: string;
  readonly #binary: RedisBinary;
  readonly #processes: Processes;

  constructor(
    readonly options: NodeOptions,
    folder: string,
    binary: RedisBinary,
    processes: Processes,
    /** Of the platform's own user, to this node. */
    readonly administrator: RedisOptions,
  ) {
    this.#folder = folder;
    this.#binary = binary;
    this.#processes = processes;
  }

  get process(): ManagedProcess | undefined {
    return this.#processes.get(this.options.name);
  }

  get running(): boolean {
    return this.process?.running ?? false;
  }

  /** Writes the node's files, which only this user may read, into an empty folder. */
  prepare(files: Readonly<Record<string, string>>): void {
    fs.rmSync(this.#folder, { recursive: true, force: true });
    fs.mkdirSync(this.#folder, { recursive: true, mode: 0o700 });
    for (const [name, text] of Object.entries(files)) fs.writeFileSync(path.join(this.#folder, name), text, { mode: 0o600 });
  }

  async start(): Promise<void> {
    await this.#processes.start({
      name: this.options.name,
      command: this.#binary.redisServer,
      args: ['redis.conf'],
      cwd: this.#folder,
      env: this.#binary.libraryPath ? { ...process.env, LD_LIBRARY_PATH: this.#binary.libraryPath } : process.env,
    });
  }

  /** Resolves with the answer to the first question that the node answers. @throws where its process ends before */
  async answer<T>(ask: (client: Redis) => Promise<T>): Promise<T> {
    const running = this.process;
    if (!running?.running) throw new Error(`${this.options.name} is not running`);
    const client = this.#client({ retryStrategy: () => 25, maxRetriesPerRequest: null });
    try {
      const ended = running.exited.then(() => {
        throw new Error(`${this.options.name} (port ${this.options.port}) ended before it could be used:\n${running.logTail()}`);
      });
      return await Promise.race([ask(client), ended]);
    } finally {
      client.disconnect();
    }
  }

  /** As {@link answer}, but gives up soon. */
  async quickAnswer<T>(ask: (client: Redis) => Promise<T>): Promise<T> {
    const client = this.#client({
      retryStrategy: () => null,
      connectTimeout: ANSWER_LIMIT_MS,
      commandTimeout: ANSWER_LIMIT_MS,
      maxRetriesPerRequest: 0,
    });
    try {
      return await ask(client);
    } finally {
      client.disconnect();
    }
  }

  remove(): void {
    fs.rmSync(this.#folder, { recursive: true, force: true });
  }

  #client(options: RedisOptions): Redis {
    // A connection whose server is gone already holds its timer to the end.
    const client = new Redis({ ...this.administrator, enableReadyCheck: false, disconnectTimeout: 50, ...options });
    // Commands reject by themselves; without a listener each failed attempt is printed.
    client.on('error', () => {});
    return client;
  }
}
