import type { Cluster, ClusterOptions } from 'ioredis';
import { createClient, type RedisConnectionOptions } from './redis-client';

/** How long after a failure credentials are asked for again, in milliseconds. */
const RETRY_MS = 1000;

/** A client that one option of the cache has to itself. It never throws; it asks for credentials until it gets them. */
export class DedicatedClient {
  /** There once there are credentials; it may not be connected. */
  client: Cluster | undefined;
  /** Resolves once the client is connected, or closed. */
  readonly connected: Promise<void>;
  #closed = false;
  #wake = () => {};

  constructor(
    private readonly place: RedisConnectionOptions,
    private readonly more: ClusterOptions = {},
  ) {
    this.connected = this.#connect();
  }

  close(): void {
    this.#closed = true;
    this.client?.disconnect();
    this.#wake();
  }

  async #connect(): Promise<void> {
    const closed = new Promise<void>((resolve) => {
      this.#wake = resolve;
    });
    while (!this.#closed) {
      try {
        const client = createClient(this.place, await this.place.credentials?.(), this.more);
        this.client = client;
        if (this.#closed) client.disconnect();
        else if (client.status !== 'ready')
          await Promise.race([closed, new Promise<void>((resolve) => client.once('ready', resolve))]);
        return;
      } catch {
        await Promise.race([closed, new Promise((resolve) => setTimeout(resolve, RETRY_MS).unref())]);
      }
    }
  }
}
