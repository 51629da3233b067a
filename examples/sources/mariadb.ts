import { Cache, type Loaded, type LoadRequest, type SharedStore, type Version, type VersionSource } from 'cachement/runtime';

/** What is used of a connection of `mysql2/promise`. */
export interface Connection {
  // biome-ignore lint/suspicious/noExplicitAny: rows have the shape that the query gives them
  query(sql: string, values?: unknown[]): Promise<[any, unknown]>;
  release(): void;
  destroy(): void;
}

/** What is used of a pool of `mysql2/promise`. */
export interface Pool {
  getConnection(): Promise<Connection>;
}

/** Servers: a primary that writes a binary log, and its replicas. */
export interface MariaDbServers {
  readonly writer: Pool;
  readonly readers: readonly Pool[];
}

/** Half of a fence's life: a purge whose fence has ended is below what the primary said since. */
const FLOOR_MS = 30_000;

/** Versions of a MariaDB primary and its replicas by GTID: the number of the last transaction of a replication domain. */
export class GtidVersions implements VersionSource<Connection> {
  readonly #servers: MariaDbServers;
  readonly #domain: number;
  #floor: { readonly version: Version; readonly readAt: number } | undefined;

  constructor(servers: MariaDbServers, domain = 0) {
    this.#servers = servers;
    this.#domain = domain;
  }

  async current(): Promise<Version> {
    const readAt = Date.now();
    const connection = await this.#servers.writer.getConnection();
    try {
      const version = await this.#position(connection, 'gtid_binlog_pos');
      this.#floor = { version, readAt };
      return version;
    } finally {
      connection.release();
    }
  }

  async load<T>(loader: (handle: Connection) => Promise<T>, request: LoadRequest): Promise<Loaded<T>> {
    const readers = request.primaryOnly ? [] : this.#servers.readers;
    if (readers.length > 0) {
      const fresh = this.#floor && Date.now() - this.#floor.readAt < FLOOR_MS;
      const floor = fresh ? this.#floor!.version : await this.current();
      const needed = request.minVersion && request.minVersion > floor ? request.minVersion : floor;
      for (const reader of readers) {
        // A replica that can't be reached, or hasn't got so far, is passed over.
        const connection = await reader.getConnection().catch(() => undefined);
        const loaded = connection && (await this.#read(connection, 'gtid_slave_pos', loader, needed));
        if (loaded) return { ...loaded, origin: 'replica', fillable: true };
      }
    }
    const { value, version } = (await this.#read(await this.#servers.writer.getConnection(), 'gtid_binlog_pos', loader))!;
    // A transaction is in the log just before others see its rows: the last one may not be in what was read.
    return { value, version: versionOf(numberOf(version) - 1n), origin: 'primary', fillable: true };
  }

  /** The position first, then the rows, on one connection: the rows contain what the position says. */
  async #read<T>(connection: Connection, position: string, loader: (handle: Connection) => Promise<T>, needed?: Version) {
    try {
      await connection.query('START TRANSACTION READ ONLY');
      const version = await this.#position(connection, position);
      if (needed && version < needed) return undefined;
      return { value: await loader(connection), version };
    } finally {
      await connection.query('ROLLBACK').then(
        () => connection.release(),
        () => connection.destroy(),
      );
    }
  }

  async #position(connection: Connection, variable: string): Promise<Version> {
    const [[{ position }]] = await connection.query(`SELECT @@GLOBAL.${variable} AS position`);
    // A domain, a server and a number: '0-1-42', and more of them where there are more domains.
    const gtids = String(position).split(',');
    const [, , number] = gtids.map((gtid) => gtid.split('-')).find(([domain]) => Number(domain) === this.#domain) ?? [];
    return versionOf(BigInt(number ?? 0));
  }
}

const numberOf = (version: Version): bigint => BigInt(`0x${version.slice(8)}`);
const versionOf = (number: bigint): Version =>
  `00000001${(number > 0n ? number : 0n).toString(16).toUpperCase().padStart(16, '0')}`;

/** A product of the table. */
export interface Product {
  readonly id: number;
  readonly name: string;
}

/** Products of a database, each by its id. */
export function productsOf(shared: SharedStore, servers: MariaDbServers) {
  const cache = new Cache({ shared, source: new GtidVersions(servers) });
  const products = cache.namespace('products', { freshness: { memoryTtlSeconds: 1, sharedTtlSeconds: 3600 } });
  return {
    read: (id: string) =>
      products.getOrSet(id, async (connection): Promise<Product | undefined> => {
        const [rows] = await connection.query('SELECT id, name FROM products WHERE id = ?', [id]);
        return rows[0];
      }),
    async rename(id: string, name: string): Promise<void> {
      const connection = await servers.writer.getConnection();
      try {
        await connection.query('UPDATE products SET name = ? WHERE id = ?', [name, id]);
      } finally {
        connection.release();
      }
      await products.delete(id);
    },
    close: () => cache.close(),
  };
}
