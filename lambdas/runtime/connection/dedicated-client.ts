import type { Cluster, ClusterOptions } from 'ioredis';
import { createClient, type RedisEndpoint } from './redis-client';

/** Pause after a failure before credentials are asked for again, in milliseconds. */
const RETRY_MS = 1000;

/** Client that one option of the cache has to itself. It never throws; it asks for credentials until it gets them. */
export class DedicatedClient {
  /** The client once there are credentials; it may not be connected. */
  client: Cluster | undefined;
  /** Resolves once the client is connected, or closed. */
  readonly connected: Promise<void>;
  #closed = false;
  #wake = () => {};

  readonly #connection: RedisEndpoint;
  readonly #more: ClusterOptions;

  constructor(connection: RedisEndpoint, more: ClusterOptions = {}) {
    this.#connection = connection;
    this.#more = more;
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
        const credentials = await this.#connection.credentials?.();
        if (this.#closed) return;
        const client = createClient(this.#connection, credentials, this.#more);
        this.client = client;
        await Promise.race([closed, new Promise<void>((resolve) => client.once('ready', resolve))]);
        return;
      } catch {
        await Promise.race([closed, new Promise((resolve) => setTimeout(resolve, RETRY_MS).unref())]);
      }
    }
  }
}
