import { createProbeClient, probe } from '../../../lambdas/platform/purge/probe';
import type { PurgedKey } from '../../../lambdas/platform/purge/purged-keys';

const NOW = Date.UTC(2026, 0, 1, 12);
const key = (path: string, entityTag: string): PurgedKey => ({ purgeId: `of ${path}`, path, entityTag });

interface Scene {
  /** What the primary says of the keys of an age in seconds: when it is asked first, and after the edge was read. */
  readonly primary: Readonly<Record<number, readonly [PurgedKey[], PurgedKey[]]>>;
  readonly edge: Readonly<Record<string, string | undefined | Error>>;
}

/** Runs a probe on a clock that only sleeping moves. */
async function run({ primary, edge }: Scene) {
  let now = NOW;
  const asked: { from: number; to: number }[] = [];
  const reads: { path: string; at: number }[] = [];
  const times = new Map<number, number>();
  await probe({
    clock: {
      now: () => now,
      sleep: async (milliseconds) => {
        now += milliseconds;
      },
    },
    keys: async (from, to) => {
      asked.push({ from: (NOW - from.getTime()) / 1000, to: (NOW - to.getTime()) / 1000 });
      const end = to.getTime();
      const time = times.get(end) ?? 0;
      times.set(end, time + 1);
      const age = [10, 60, 600].find((seconds) => Math.abs(NOW - end - seconds * 1000) < 5_000) as number;
      return primary[age]?.[time] ?? [];
    },
    readEdge: async (path) => {
      reads.push({ path, at: now - NOW });
      const answer = edge[path];
      if (answer instanceof Error) throw answer;
      return answer;
    },
  });
  return { asked, reads };
}

let lines: string[];
beforeEach(() => {
  lines = [];
  jest.spyOn(process.stdout, 'write').mockImplementation((line) => lines.push(String(line)) > 0);
});
afterEach(() => jest.restoreAllMocks());

/** What was reported, by metric. */
const reported = (): Record<string, unknown> =>
  Object.assign(
    {},
    ...lines
      .map((line) => JSON.parse(line))
      .filter(({ _aws }) => _aws)
      .map(({ _aws, FunctionName, ...values }) => values),
  );
const unchanged = (...keys: PurgedKey[]): readonly [PurgedKey[], PurgedKey[]] => [keys, keys];

test('looks at what was committed 10 s, a minute and ten minutes ago', async () => {
  const { asked } = await run({ primary: {}, edge: {} });
  expect(asked).toEqual([
    { from: 20, to: 10 },
    { from: 120, to: 60 },
    { from: 660, to: 600 },
  ]);
  expect(lines).toEqual([]);
});

test('says of each key whether the edge has what the primary has, by its age', async () => {
  await run({
    primary: {
      10: unchanged(key('/a', '"1"'), key('/b', '"1"')),
      60: unchanged(key('/c', '"1"')),
      600: unchanged(key('/d', '"1"')),
    },
    edge: { '/a': '"0"', '/b': '"1"', '/c': '"1"', '/d': '"0"' },
  });
  expect(reported()).toEqual({
    ConsistentAfter10Seconds: [0, 100],
    ConsistentAfter1Minute: [100],
    ConsistentAfter10Minutes: [0],
  });
  expect(lines.map((line) => JSON.parse(line)).filter(({ level }) => level === 'warn')).toEqual([
    expect.objectContaining({ message: 'key is stale at the edge', path: '/a', purgeId: 'of /a', afterSeconds: 10 }),
    expect.objectContaining({ message: 'key is stale at the edge', path: '/d', purgeId: 'of /d', afterSeconds: 600 }),
  ]);
});

test('a key whose value changed while the edge was read, or that was purged again, says nothing', async () => {
  const before = [key('/changed', '"1"'), key('/purged', '"1"'), key('/same', '"1"')];
  await run({
    primary: { 60: [before, [key('/changed', '"2"'), key('/same', '"1"')]] },
    edge: { '/changed': '"0"', '/purged': '"0"', '/same': '"1"' },
  });
  expect(reported()).toEqual({ ConsistentAfter1Minute: [100] });
});

test('what the edge does not answer is left out, and ends the reads of that age only', async () => {
  const { reads } = await run({
    primary: {
      10: unchanged(key('/error', '"1"'), key('/a', '"1"')),
      60: unchanged(key('/b', '"1"'), key('/away', '"1"'), key('/c', '"1"')),
      600: unchanged(key('/d', '"1"')),
    },
    edge: { '/error': undefined, '/a': '"1"', '/b': '"1"', '/away': new Error('fetch failed'), '/d': '"1"' },
  });
  expect(reads.map(({ path }) => path)).toEqual(['/error', '/a', '/b', '/away', '/d']);
  expect(reported()).toEqual({ ConsistentAfter10Seconds: [100], ConsistentAfter1Minute: [100], ConsistentAfter10Minutes: [100] });
});

test('reads ten keys a second', async () => {
  const keys = ['/a', '/b', '/c'].map((path) => key(path, '"1"'));
  const { reads } = await run({ primary: { 10: [keys, keys] }, edge: {} });
  expect(reads.map(({ at }) => at)).toEqual([0, 100, 200]);
});

test('fails where the primary can not be asked', async () => {
  const failing = probe({ keys: () => Promise.reject(new Error('503')), readEdge: async () => undefined });
  await expect(failing).rejects.toThrow('503');
});

describe('the client', () => {
  const asked: [string, Record<string, string>][] = [];
  const client = (answer: () => Response) =>
    createProbeClient({
      apiUrl: 'https://api.test/live/',
      keysPath: '/purged-keys',
      edgeUrl: 'https://edge.test',
      region: 'eu-central-1',
      credentials: { accessKeyId: 'AKID', secretAccessKey: 'secret', sessionToken: 'token' },
      fetch: (async (url: URL | string, init: { headers?: Record<string, string> }) => {
        asked.push([String(url), init.headers ?? {}]);
        return answer();
      }) as never,
    });
  beforeEach(() => {
    asked.length = 0;
  });

  test('asks the API for keys by a signed request', async () => {
    const found = [key('/a', '"1"')];
    expect(await client(() => Response.json({ keys: found })).keys(new Date(0), new Date(1000))).toEqual(found);
    const [[url, headers]] = asked as [(typeof asked)[number]];
    expect(url).toBe('https://api.test/live/purged-keys?from=1970-01-01T00%3A00%3A00.000Z&to=1970-01-01T00%3A00%3A01.000Z');
    expect(headers).toMatchObject({
      'x-amz-security-token': 'token',
      authorization: expect.stringMatching(/^AWS4-HMAC-SHA256 Credential=AKID\/\d{8}\/eu-central-1\/execute-api\/aws4_request/),
    });
  });

  test('fails where the API refuses', async () => {
    const refused = client(() => new Response('{}', { status: 403 })).keys(new Date(0), new Date(1));
    await expect(refused).rejects.toThrow("/purged-keys answered 403; the probe can't tell what the primary has");
  });

  test.each<[string, Response, string | undefined]>([
    ['a value', new Response('{}', { headers: { etag: '"1"' } }), '"1"'],
    ['a value that the edge compressed', new Response('{}', { headers: { etag: 'W/"1"' } }), '"1"'],
    ['an absence', new Response('{}', { status: 404, headers: { etag: '"2"' } }), '"2"'],
    ['an error', new Response('{}', { status: 503, headers: { etag: '"3"' } }), undefined],
    ['what has no tag', new Response('{}'), undefined],
  ])('reads %s as a viewer does', async (_, answer, entityTag) => {
    expect(await client(() => answer).readEdge('/places?country=DE')).toBe(entityTag);
    expect(asked).toEqual([['https://edge.test/places?country=DE', {}]]);
  });
});
