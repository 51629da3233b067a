import type { Database } from '../../../lambdas/platform/database';
import { platformEndpoints } from '../../../lambdas/platform/http/platform-endpoints';
import type { Request } from '../../../lambdas/platform/http/request';
import { platformRoutes } from '../../../lib/route';

const asked: unknown[][] = [];
const query = async (_text: unknown, values: unknown[]) => {
  asked.push(values);
  return { rows: [] };
};
const connect = async () => ({ query, release: () => undefined });
const database = { writer: { query, connect }, readers: [] } as unknown as Database;

function endpoint(name: 'purges' | 'purgedKeys') {
  const found = platformEndpoints({ database, cache: {} as never, keyOf: () => undefined });
  const { GET } = found.find(({ route }) => route === platformRoutes[name])!;
  return (parameters: Request['parameters']) => GET!({ parameters } as Request);
}
beforeEach(() => asked.splice(0));

describe.each(['purges', 'purgedKeys'] as const)('the times of %s', (name) => {
  test.each([
    '-271821-04-20T00:00:00Z',
    '+275760-09-13T00:00:00Z',
    '2026',
    '1',
    'yesterday',
    '2026-13-01',
    '__proto__',
    '',
  ])('are in a year of four digits, and not %j', async (from) => {
    await expect(endpoint(name)({ from, to: '2026-01-02' })).rejects.toMatchObject({ status: 400 });
    await expect(endpoint(name)({ from: '2026-01-01', to: from })).rejects.toMatchObject({ status: 400 });
    expect(asked).toEqual([]);
  });

  test.each(['0000-01-01', '2026-01-01', '2026-01-01T01:02:03Z', '9999-12-31T23:59:59.999+14:00'])('may be %j', async (from) => {
    expect(await endpoint(name)({ from, to: '2026-01-02' })).toMatchObject({ statusCode: 200 });
    expect(asked.length).toBeGreaterThan(0);
  });
});
