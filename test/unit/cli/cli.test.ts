import { describePurge } from '../../../cli/dry-run';
import { main } from '../../../cli/main';
import type { Connection, NewPurge } from '../../../cli/platform';
import { signedHeaders } from '../../../lambdas/platform/http/signature';
import type { PurgeReport } from '../../../lib/contract/purge-report';
import { defineRoute } from '../../../lib/route';

const ID = '11111111-1111-4111-8111-111111111111';
const AT = '2026-11-21T10:00:00.000Z';

class FakeConnection implements Connection {
  readonly asked: NewPurge[] = [];
  readonly replays: [Date, Date][] = [];
  reports: (PurgeReport | undefined)[] = [];
  async purge(request: NewPurge) {
    this.asked.push(request);
    return ID;
  }
  async replay(from: Date, to: Date) {
    this.replays.push([from, to]);
  }
  async show() {
    return this.reports.length > 1 ? this.reports.shift() : this.reports[0];
  }
  readonly calls: unknown[][] = [];
  answers: Record<string, unknown> = {};
  async call<T>(...request: [string, string, unknown?]) {
    this.calls.push(request);
    const answer = this.answers[`${request[0]} ${request[1].split('?')[0]}`];
    if (answer === undefined) throw new Error(`${request[0]} ${request[1]} was answered with 404: {}`);
    return answer as T;
  }
  async list() {
    return [{ purgeId: ID, tags: ['a'], paths: [], committedAt: AT, leftToTtl: true }];
  }
}

async function run(words: string, connection = new FakeConnection()) {
  const out: string[] = [];
  const error: string[] = [];
  const code = await main(words.split(' '), { out: (text) => out.push(text), error: (text) => error.push(text) }, connection);
  return { code, out: out.join('\n'), error: error.join('\n'), connection };
}

test('a purge is put on the bus as it was asked for', async () => {
  const { code, out, connection } = await run('purge --tag place:2950159 --expire --urgent');
  expect({ code, out }).toEqual({ code: 0, out: ID });
  expect(connection.asked).toEqual([{ tags: ['place:2950159'], paths: [], mode: 'expire', prompt: false, urgent: true }]);
});

test('--dry-run says items and price, what it can know of tags without routes, and how to name these; and purges nothing', async () => {
  const { code, out, connection } = await run('purge --tag product:1 --tag nobody:1 --path /x --dry-run');
  expect(code).toBe(0);
  expect(connection.asked).toEqual([]);
  expect(out.split('\n')).toEqual([
    "tag product:1: whatever carries it, in every tier; which routes these are isn't known",
    "tag nobody:1: whatever carries it, in every tier; which routes these are isn't known",
    'for routes, tiers and worst-case staleness, name the module that exports your routes: --routes FILE, or CACHEMENT_ROUTES',
    'path /x: tiers gateway, edge',
    'the gateway: at most one flush of the whole stage cache, shared with other purges',
    "the edge: at most 3 items, 0.015 USD once the month's 1000 free items are used",
  ]);
});

test('a dry run with routes says tiers and staleness of each that declares a tag', () => {
  const outer = { gatewayTtlSeconds: 300, edgeTtlSeconds: 3600 };
  const product = defineRoute({
    name: 'product',
    path: '/products/{id}',
    freshness: { sharedTtlSeconds: 86_400, ...outer },
    tags: ['product:{id}', 'products'],
  });
  const basket = defineRoute({
    name: 'basket',
    path: '/baskets/{id}',
    freshness: { sharedTtlSeconds: 60 },
    tags: ['basket:{id}', 'products'],
  });
  const lines = (tag: string) =>
    describePurge({ tags: [tag], paths: [] }, [product, basket])
      .split('\n')
      .slice(0, -2);
  const ofProduct = 'route product (/products/{id}), tiers memory, shared, gateway, edge; were it lost, at most 86700 s stale';
  expect(lines('product:1')).toEqual([`tag product:1: ${ofProduct}`]);
  expect(lines('products')).toEqual([
    `tag products: ${ofProduct}`,
    'tag products: route basket (/baskets/{id}), tiers memory, shared; were it lost, at most 60 s stale',
  ]);
  expect(lines('nobody:1')).toEqual(['tag nobody:1: no route declares it; it would touch only values whose loader added it']);
});

test('--wait shows each step once, until the purge is complete', async () => {
  const connection = new FakeConnection();
  const report = { purgeId: ID, tags: ['a'], mode: 'delete' as const, committedAt: AT };
  const shared = { step: 'shared' as const, at: AT };
  connection.reports = [
    undefined,
    { ...report, steps: [shared] },
    { ...report, steps: [shared, { step: 'edge', acceptedAt: AT, at: AT }], completedAt: AT, commitToFreshMs: 5 },
  ];
  const { code, out } = await run('purge --tag a --wait', connection);
  expect(code).toBe(0);
  expect(out.split('\n')).toEqual([
    ID,
    `${AT}  shared`,
    `${AT}  edge accepted`,
    `${AT}  edge`,
    `${AT}  complete, 5 ms after the commit`,
  ]);
});

test.each([
  ['purge --tag a*', 2, "a tag must be lower case ASCII 33-126 without ',', '#' and '*'"],
  ['purge --tag #a', 2, 'a tag must be'],
  ['purge --tag a,b', 2, 'a tag must be'],
  ['purge', 2, "'--tag' or '--path' is needed"],
  ['purge --tag a --what', 2, "Unknown option '--what'"],
  ['purges', 2, "'purges' must be followed by list, show PURGE_ID or replay --from TIME"],
  ['', 2, 'npx cachement init --template NAME'],
  ['prune --tag a', 2, "there is no command 'prune'"],
  ['purges show', 2, "'purges' must be followed by"],
  ['purges show a b', 2, "unexpected 'b'"],
  ['purges replay', 2, "'--from' is needed"],
  ['purges list --from yesterday', 2, "'--from' must be a time as in ISO 8601, got: 'yesterday'"],
  [`purges show ${ID}`, 1, `there is no purge ${ID}`],
])('%s is refused', async (words, code, message) => {
  const result = await run(words);
  expect(result.code).toBe(code);
  expect(result.error).toContain(message);
  expect(result.connection.asked).toEqual([]);
});

test('a tag of a megabyte is refused without being repeated', async () => {
  const { code, error } = await run(`purge --tag ${'a'.repeat(2 ** 20)}`);
  expect(code).toBe(2);
  expect(error).toMatch(/at most 256 characters, got: "a{80}", 1048576 characters\n/);
});

test('purges are listed, shown and replayed', async () => {
  expect((await run('purges list')).out).toBe(`${AT}  ${ID}  a  on its way, left to its TTL`);
  const { connection } = await run('purges replay --from 2026-11-21T10:00:00Z --to 2026-11-21T11:00:00Z');
  expect(connection.replays).toEqual([[new Date('2026-11-21T10:00:00Z'), new Date('2026-11-21T11:00:00Z')]]);
});

test('a request is signed as in the example of AWS', () => {
  // `get-vanilla-query-order-key-case` of AWS's test suite for Signature Version 4.
  const headers = signedHeaders(new URL('https://example.amazonaws.com/?Param2=value2&Param1=value1'), {
    credentials: { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY' },
    region: 'us-east-1',
    service: 'service',
    now: new Date('2015-08-30T12:36:00Z'),
  });
  expect(headers.authorization).toBe(
    'AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, SignedHeaders=host;x-amz-date, ' +
      'Signature=b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500',
  );
});

describe('cache', () => {
  const connectionWith = (answers: Record<string, unknown>) => Object.assign(new FakeConnection(), { answers });

  test('stats are a table of the shards, and the purges that wait', async () => {
    const shards = [
      { shard: 0, keys: 5, hitRatio: 0.98765 },
      { shard: 1, keys: 12345, hitRatio: 1 },
    ];
    const { code, out } = await run('cache stats', connectionWith({ 'GET /cache/stats': { shards, purgesWaiting: 3 } }));
    expect(code).toBe(0);
    expect(out.split('\n')).toEqual([
      'shard   keys  hitRatio',
      '    0      5     0.988',
      '    1  12345         1',
      'purges that wait: 3',
    ]);
  });

  test('keys are all pages, and an entry is what the platform says of it', async () => {
    const connection = connectionWith({ 'GET /cache/keys': { names: ['place/1/1'] }, 'GET /cache/entries': { state: 'fresh' } });
    expect((await run('cache keys place/1/*', connection)).out).toBe('place/1/1');
    expect(JSON.parse((await run('cache inspect place/1/1 --value', connection)).out)).toEqual({ state: 'fresh' });
    expect(connection.calls).toEqual([
      ['GET', '/cache/keys?pattern=place%2F1%2F*'],
      ['GET', '/cache/entries?name=place%2F1%2F1&value=true'],
    ]);
  });

  test('a pattern is first run dry, and only its token purges', async () => {
    const dry = { entries: 2, examples: ['a/1/1', 'a/1/2'], paths: 2, usdAtMost: 0.01, token: ID, expiresAt: AT };
    const connection = connectionWith({ 'POST /cache/purges': dry });
    expect((await run('cache purge a/* --expire', connection)).out.split('\n')).toEqual([
      '2 entries, such as a/1/1, a/1/2',
      '2 paths at the edge and the gateway, 0.01 USD at most',
      `until ${AT}: npx cachement cache purge --token ${ID}`,
    ]);
    connection.answers = { 'POST /cache/purges': { purgeIds: [ID] } };
    expect((await run(`cache purge --token ${ID}`, connection)).out).toBe(ID);
    expect((await run('cache purge --everything shop', connection)).out).toBe(ID);
    expect(connection.calls.map(([, , body]) => body)).toEqual([
      { pattern: 'a/*', mode: 'expire' },
      { token: ID },
      { everything: 'shop', mode: 'delete' },
    ]);
  });

  test.each([
    'cache',
    'cache flush',
    'cache purge',
    'cache purge a --token b',
    'cache keys',
  ])('%s is not understood', async (words) => {
    expect(await run(words)).toMatchObject({ code: 2, error: expect.stringContaining("'cache' must be followed by") });
  });
});
