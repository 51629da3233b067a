import { Cluster, type ClusterOptions, type Redis } from 'ioredis';
import { checkText } from '../arguments';
import { ignored } from '../errors';
import { acceptAnyServer } from './any-server';
import { CorkedConnector } from './corked-connector';

/** Place of a server or cluster, and the user to sign in as. */
export interface RedisEndpoint {
  /** Configuration endpoint of the cluster, `host:port`. */
  readonly endpoint: string;
  /**
   * User to sign in as, asked for before each connection, so that what has been rotated, or has ended, is not used again.
   * @default - the server's default user, without a password
   */
  readonly credentials?: () => Promise<Credentials> | Credentials;
  /**
   * True where connections are encrypted, and the server's certificate verified; `ca` is a PEM text to trust besides Node's own
   * list.
   * @default true
   */
  readonly tls?: boolean | { readonly ca: string };
}

/** User of the shared tier. */
export interface Credentials {
  /** Name of the user. */
  readonly username: string;
  /** Its password. */
  readonly password: string;
}

/** Checks an endpoint. @throws {CacheError} `E_INVALID_ARGUMENT` where it isn't a host and a port. */
export function checkEndpoint(endpoint: unknown): void {
  checkText('endpoint', endpoint, /^[^\s/@]+:[1-9]\d{0,4}$/, "'host:port'");
}

/**
 * Client of a cluster, or of a server without cluster mode, on which nothing waits longer than it must.
 *
 * @param failed called with the reason where no server can be used; the client goes on trying.
 */
export function createClient(
  connection: RedisEndpoint,
  credentials: Credentials | undefined,
  more: ClusterOptions = {},
  failed?: (error: Error) => void,
): Cluster {
  checkEndpoint(connection.endpoint);
  const [host, port] = connection.endpoint.split(/:(?=\d+$)/) as [string, string];
  // Of all connections, of those too that ioredis makes with a copy of the options: each sends what stands in it by then.
  const auth = credentials && [credentials.username, credentials.password];
  let asking: Promise<Credentials> | undefined;
  const signIn = async () => {
    // Those that connect together ask together.
    asking ??= Promise.resolve(connection.credentials?.() as Credentials).finally(() => {
      asking = undefined;
    });
    const { username, password } = await asking;
    auth?.splice(0, 2, username, password);
  };
  const client = new Cluster([{ host, port: Number(port) }], {
    // Host names of TLS endpoints must reach the certificate check as they are.
    dnsLookup: (address, callback) => callback(null, address),
    // A command that can't be sent must fail now: the caller has a database to ask.
    enableOfflineQueue: false,
    maxRedirections: 3,
    retryDelayOnFailover: 20,
    retryDelayOnClusterDown: 20,
    retryDelayOnTryAgain: 20,
    slotsRefreshTimeout: 300,
    clusterRetryStrategy: (times) => Math.min(50 * times, 500),
    ...more,
    redisOptions: {
      Connector: CorkedConnector,
      ...(auth && { password: auth as unknown as string, signIn }),
      ...(connection.tls === false ? {} : { tls: typeof connection.tls === 'object' ? connection.tls : {} }),
      // The cluster's own check suffices; a node's would ask for INFO, which a user without @dangerous may not.
      enableReadyCheck: false,
      connectTimeout: 500,
      maxRetriesPerRequest: 0,
    },
  });
  let cause: Error | undefined;
  // Without a listener ioredis prints each connection error. Its own is of the last command, not of what the connection met.
  client.on('error', (error: Error & { lastNodeError?: Error }) => {
    failed?.(cause ?? error.lastNodeError ?? error);
    cause = undefined;
  });
  client.on('+node', (node: Redis) => {
    const { asking, duplicate } = node;
    // Where a slot moves ioredis sends ASKING before the command, and has nobody for its failure; that of the command is
    // reported.
    node.asking = () => {
      const asked = asking.call(node);
      asked.catch(ignored);
      return asked;
    };
    // On a duplicate it asks for the table of slots.
    node.duplicate = (...options) =>
      acceptAnyServer(duplicate.apply(node, options), client).on('error', (error) => {
        cause ??= error;
      });
  });
  return client;
}

/** What ioredis's cluster finds the connection of a slot with. It declares it private, and every version has it. */
interface Pooled {
  readonly connectionPool: { getInstanceByKey(address: string | undefined): Redis | undefined };
}

/** Connection of a cluster to an address of its slot table, `host:port`. */
export function nodeOf(cluster: Cluster | undefined, address: string | undefined): Redis | undefined {
  return (cluster as unknown as Pooled | undefined)?.connectionPool.getInstanceByKey(address);
}
