import type { RedisConnection } from '../../../lambdas/runtime';
import { Administration } from '../../../lambdas/runtime/patterns/administration';

/** A tier of one master, whose connection ends while it is asked. */
function ending(): RedisConnection {
  const node = { scan: async () => Promise.reject(new Error('Connection is closed.')) };
  const client = { slots: [['localhost:6379']], connectionPool: { getInstanceByKey: () => node } };
  return { namespace: 'shop', client: async () => client } as unknown as RedisConnection;
}

test.each([
  ['keys', (admin: Administration) => admin.keys('product/1/*')],
  ['find', (admin: Administration) => admin.find('product/1/*', 10)],
])('%s is unavailable where the connection ends meanwhile', async (_, ask) => {
  const asked = ask(new Administration({ connection: ending() }));
  await expect(asked).rejects.toMatchObject({ code: 'E_SHARED_UNAVAILABLE', message: /Connection is closed/ });
});
