import * as net from 'node:net';
import { Redis } from 'ioredis';

/** Options of {@link followSentinel}. */
export interface SentinelOptions {
  readonly sentinels: readonly { readonly host: string; readonly port: number }[];
  /** Name of the primary, as the Sentinels know it. */
  readonly name: string;
  /** @default 0 - any free port of loopback */
  readonly port?: number;
}

/**
 * An address of this machine behind which the primary is that Sentinel names: `endpoint` of a RedisStore. After a failover its
 * connections are cut, and the next ones reach the new primary.
 */
export async function followSentinel({ sentinels, name, port = 0 }: SentinelOptions) {
  const sockets = new Set<net.Socket>();
  const ask = sentinels.map((sentinel) => new Redis({ ...sentinel, maxRetriesPerRequest: 1 }));
  const listen = sentinels.map((sentinel) => new Redis({ ...sentinel, maxRetriesPerRequest: null }));
  for (const client of [...ask, ...listen]) client.on('error', () => undefined); // it connects again by itself
  for (const client of listen) {
    client.on('message', (_, message: string) => {
      if (message.startsWith(`${name} `)) for (const socket of sockets) socket.destroy();
    });
    void client.subscribe('+switch-master').catch(() => undefined);
  }
  const primary = async () =>
    (await Promise.any(ask.map((client) => client.call('SENTINEL', 'get-master-addr-by-name', name)))) as [string, string];

  const server = net.createServer((socket) => {
    const cut = () => socket.destroy();
    sockets.add(socket.on('error', cut).once('close', () => sockets.delete(socket)));
    primary().then(([host, at]) => {
      const upstream = net.connect(Number(at), host).on('error', cut).once('close', cut);
      socket
        .once('close', () => upstream.destroy())
        .pipe(upstream)
        .pipe(socket);
    }, cut);
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  return {
    endpoint: `127.0.0.1:${(server.address() as net.AddressInfo).port}`,
    close: () => {
      server.close();
      for (const socket of sockets) socket.destroy();
      for (const client of [...ask, ...listen]) client.disconnect();
    },
  };
}
