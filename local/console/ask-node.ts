import Redis from 'ioredis';
import type { Engines } from '../engines';

/** Answer of one node of the shared tier to its administrator. @throws where it gives none within the limit, in milliseconds. */
export async function askNode<T>(
  engines: Pick<Engines, 'cacheAdministrator'>,
  name: string,
  limitMs: number,
  ask: (client: Redis) => Promise<T>,
): Promise<T> {
  const client = new Redis({
    ...engines.cacheAdministrator(name),
    enableReadyCheck: false,
    disconnectTimeout: 50,
    connectTimeout: limitMs,
    commandTimeout: limitMs,
    retryStrategy: () => null,
    maxRetriesPerRequest: 0,
  });
  client.on('error', () => undefined);
  try {
    return await ask(client);
  } finally {
    client.disconnect();
  }
}
