import { type Bus, createBus } from '../../lambdas/platform/bus';
import { createDatabase, type Database, transaction } from '../../lambdas/platform/database';
import type { Address } from '../../lambdas/platform/environment';
import { afterCommit, versionOfCommit } from '../../lambdas/platform/purge/after-commit';
import { requestPurge } from '../../lambdas/platform/purge/purge-requests';
import { Cache, RedisStore } from '../../lambdas/runtime';
import { type Handle, PostgresVersions } from '../../lambdas/runtime/versions/postgres';
import { serve } from '../support/serve';
import { monotonicMs, sleep } from '../support/time';

/** Addresses and credentials of a writer's servers. */
export interface WriterSettings {
  readonly database: Address;
  readonly databaseName: string;
  readonly databaseUser: { readonly username: string; readonly password: string };
  readonly shared: string;
  readonly sharedUser: { readonly username: string; readonly password: string };
  readonly namespace: string;
  readonly authorities: string;
  readonly endpoint: string;
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
  readonly busName: string;
}

/** A row's new value, and the tags of what shows it. */
export interface Change {
  readonly id: number;
  readonly population: number;
  readonly tags: string[];
}

/** A change that was made. Times in milliseconds, of the clock that all processes of the machine share. */
export interface Made {
  readonly purgeId: string;
  readonly committedAt: number;
  /** Undefined where the writer's own attempt failed. */
  readonly sharedPurgedAt: number | undefined;
}

/** A writer with the library, as a process of its own: as far from the platform's process as a function is. */
class Writer {
  readonly #database: Database;
  readonly #cache: Pick<Cache<Handle>, 'purgeTags'>;
  readonly #bus: Bus;

  constructor(settings: WriterSettings) {
    this.#database = createDatabase({
      writer: settings.database,
      readers: [],
      name: settings.databaseName,
      secret: { value: async () => settings.databaseUser, refused: () => {} },
      // A change and its version have a connection each, as in as many environments of a function.
      poolSize: 32,
      applicationName: 'bench writer',
      // A busy machine makes it late, and late is what is measured.
      connectTimeoutMs: 300_000,
      statementTimeoutMs: 30_000,
      authorities: settings.authorities,
    });
    const shared = new RedisStore({
      endpoint: settings.shared,
      namespace: settings.namespace,
      credentials: () => settings.sharedUser,
      tls: { ca: settings.authorities },
    });
    this.#cache = new Cache({ source: new PostgresVersions({ writer: this.#database.writer, readers: [] }), shared });
    process.env.AWS_ENDPOINT_URL = settings.endpoint;
    process.env.AWS_REGION = 'us-east-1';
    process.env.AWS_ACCESS_KEY_ID = settings.credentials.accessKeyId;
    process.env.AWS_SECRET_ACCESS_KEY = settings.credentials.secretAccessKey;
    this.#bus = createBus({ name: settings.busName });
  }

  /** The change and the outbox row in one transaction, then the writer's own attempt and the kick. */
  async change({ id, population, tags }: Change): Promise<Made> {
    let committedAt = 0;
    let version: string | undefined;
    const purgeId = await transaction(
      this.#database.writer,
      async (client) => {
        await client.query('UPDATE places SET population = $2 WHERE id = $1', [id, population]);
        return requestPurge(client, tags);
      },
      async (client) => {
        committedAt = monotonicMs();
        version = await versionOfCommit(client);
      },
    );
    let sharedPurgedAt: number | undefined;
    const shared = {
      purgeTags: async (...purge: Parameters<Cache<Handle>['purgeTags']>) => {
        await this.#cache.purgeTags(...purge);
        sharedPurgedAt = monotonicMs();
      },
    };
    await afterCommit({ primary: this.#database.writer, bus: this.#bus, shared }, { purgeId, tags, mode: 'delete' }, version);
    return { purgeId, committedAt, sharedPurgedAt };
  }

  /** Makes changes at a steady rate, however long each takes. */
  async changes(changes: readonly Change[], perSecond: number): Promise<Made[]> {
    const started = monotonicMs();
    const running: Promise<Made>[] = [];
    for (const [n, change] of changes.entries()) {
      const ahead = started + (n * 1000) / perSecond - monotonicMs();
      if (ahead > 0) await sleep(ahead);
      running.push(this.change(change));
    }
    return Promise.all(running);
  }
}

let writer: Writer;

serve({
  start: (settings: WriterSettings) => {
    writer = new Writer(settings);
  },
  change: (change: Change) => writer.change(change),
  changes: (changes: Change[], perSecond: number) => writer.changes(changes, perSecond),
});
