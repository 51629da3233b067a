import { createBus } from '../../../lambdas/platform/bus';
import { describeTopology } from '../../../lambdas/platform/describe-topology';
import { createDistribution } from '../../../lambdas/platform/purge/distribution';
import { createEdgeQueue } from '../../../lambdas/platform/purge/edge-queue';
import { createStageCache } from '../../../lambdas/platform/purge/stage-cache';
import { createSecret } from '../../../lambdas/platform/secrets';

/** A client that answers with what `answer` makes of the command's input, and keeps the inputs. */
// biome-ignore lint/suspicious/noExplicitAny: each client has inputs of its own
function client(answer: (input: any) => unknown) {
  // biome-ignore lint/suspicious/noExplicitAny: as above
  const inputs: any[] = [];
  return {
    inputs,
    // biome-ignore lint/suspicious/noExplicitAny: as above
    send: async (command: { input: any }): Promise<any> => {
      inputs.push(command.input);
      return answer(command.input);
    },
  };
}

let output: jest.SpyInstance;
beforeEach(() => {
  output = jest.spyOn(process.stdout, 'write').mockReturnValue(true);
});
afterEach(() => output.mockRestore());

describe('the bus', () => {
  const kick = (purgeId = 'p') => ({ type: 'OutboxKicked', detail: { purgeId } }) as const;

  test('sends ten entries a call, each to the bus by name', async () => {
    const events = client(({ Entries }) => ({ FailedEntryCount: 0, Entries: Entries.map(() => ({ EventId: 'e' })) }));
    const failed = await createBus({ name: 'bus', client: events }).publish(Array.from({ length: 21 }, () => kick()));
    expect(failed.size).toBe(0);
    expect(events.inputs.map(({ Entries }) => Entries.length)).toEqual([10, 10, 1]);
    expect(events.inputs[0].Entries[0]).toEqual({
      EventBusName: 'bus',
      Source: 'cachement',
      DetailType: 'OutboxKicked',
      Detail: '{"purgeId":"p"}',
    });
  });

  test('keeps a call below the size that PutEvents takes', async () => {
    const events = client(({ Entries }) => ({ FailedEntryCount: 0, Entries: Entries.map(() => ({ EventId: 'e' })) }));
    await createBus({ name: 'bus', client: events }).publish([kick('x'.repeat(150_000)), kick('y'.repeat(150_000)), kick()]);
    expect(events.inputs.map(({ Entries }) => Entries.length)).toEqual([1, 2]);
  });

  test('says which entries were refused in a call that succeeded', async () => {
    const events = client(({ Entries }) => ({
      FailedEntryCount: 1,
      Entries: Entries.map((_: unknown, index: number) => (index === 1 ? { ErrorCode: 'InternalFailure' } : { EventId: 'e' })),
    }));
    expect(await createBus({ name: 'bus', client: events }).publish([kick(), kick(), kick()])).toEqual(new Set([1]));
  });

  test('says so of all entries of a call that failed, and of no other', async () => {
    let calls = 0;
    const events = client(({ Entries }) => {
      if (calls++ === 0) throw new Error('no way');
      return { FailedEntryCount: 0, Entries: Entries.map(() => ({ EventId: 'e' })) };
    });
    const failed = await createBus({ name: 'bus', client: events }).publish(Array.from({ length: 12 }, () => kick()));
    expect([...failed]).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });
});

describe('a secret', () => {
  const values = (...texts: (string | Error)[]) =>
    client(() => {
      const next = texts.length > 1 ? texts.shift() : texts[0];
      if (next instanceof Error) throw next;
      return { SecretString: next };
    });
  const of = (password: string) => JSON.stringify({ username: 'u', password });
  const at = (time: { now: number }) => ({ now: () => time.now, sleep: async () => {} });

  test('is read once for all who ask, until it is old', async () => {
    const time = { now: 0 };
    const store = values(of('a'), of('b'));
    const secret = createSecret('arn', { client: store, ttlMs: 1000, clock: at(time) });
    expect(await Promise.all([secret.value(), secret.value()])).toEqual([
      { username: 'u', password: 'a' },
      { username: 'u', password: 'a' },
    ]);
    time.now = 999;
    await secret.value();
    expect(store.inputs).toEqual([{ SecretId: 'arn' }]);
    time.now = 1000;
    expect(await secret.value()).toEqual({ username: 'u', password: 'b' });
  });

  test('is read again where a server refused it, but not with every request', async () => {
    const time = { now: 0 };
    const store = values(of('a'), of('b'));
    const secret = createSecret('arn', { client: store, clock: at(time) });
    await secret.value();
    secret.refused();
    expect(await secret.value()).toMatchObject({ password: 'a' });
    time.now = 1000;
    expect(await secret.value()).toMatchObject({ password: 'b' });
    expect(await secret.value()).toMatchObject({ password: 'b' });
    expect(store.inputs).toHaveLength(2);
  });

  test('stays what it was where it cannot be read again', async () => {
    const time = { now: 0 };
    const secret = createSecret('arn', { client: values(of('a'), new Error('throttled')), ttlMs: 1, clock: at(time) });
    await secret.value();
    time.now = 2;
    expect(await secret.value()).toMatchObject({ password: 'a' });
  });

  test.each([
    'not json: hunter2',
    '{"username":"u"}',
    'null',
    '{"username":1,"password":"hunter2"}',
  ])('is refused where it is malformed, without being shown (%#)', async (text) => {
    const error = await createSecret('arn', { client: values(text) })
      .value()
      .catch((problem: Error) => problem);
    expect(String(error)).toContain("secret 'arn' must be JSON with the texts 'username' and 'password'");
    expect(String(error)).not.toContain('hunter2');
  });
});

describe('the outer tiers', () => {
  test('the stage cache is flushed as a whole', async () => {
    const api = client(() => ({}));
    await createStageCache({ restApiId: 'r', stageName: 's', url: 'https://api/live/', client: api as never }).flush();
    expect(api.inputs).toEqual([{ restApiId: 'r', stageName: 's' }]);
  });

  describe('a key of the stage cache', () => {
    const VERSION = '000000010000000001D5DF98';
    const config = {
      credentials: async () => ({ accessKeyId: 'AKID', secretAccessKey: 'secret', sessionToken: 'token' }),
      region: async () => 'eu-central-1',
    };
    const asked: [URL, Record<string, string>][] = [];
    /** API Gateway, as it answers a request with these headers. */
    const stage = (answer: (headers: Record<string, string>) => Response) =>
      createStageCache({
        restApiId: 'r',
        stageName: 's',
        url: 'https://api.test/live/',
        client: { ...client(() => ({})), config } as never,
        fetch: (async (url: URL, { headers }: { headers: Record<string, string> }) => {
          asked.push([url, headers]);
          return answer(headers);
        }) as never,
      });
    const carriedOut = (headers: Record<string, string>) =>
      new Response('{}', {
        headers: { 'x-cachement-refreshed': (headers['x-cachement-refresh'] as string).split('.')[1] as string },
      });

    beforeEach(() => {
      asked.length = 0;
      jest.spyOn(process.stdout, 'write').mockReturnValue(true);
    });
    afterEach(() => jest.restoreAllMocks());

    test('is refreshed by a signed request that says which version it must have', async () => {
      expect(await stage(carriedOut).refresh('/places?page=2', VERSION)).toBe(true);
      const [url, headers] = asked[0]!;
      expect(url.href).toBe('https://api.test/live/places?page=2');
      expect(headers).toMatchObject({
        'cache-control': 'max-age=0',
        'x-cachement-refresh': expect.stringMatching(`^${VERSION}[.][0-9a-f]{16}$`),
        'x-amz-security-token': 'token',
        authorization: expect.stringMatching(/^AWS4-HMAC-SHA256 Credential=AKID\/\d{8}\/eu-central-1\/execute-api\/aws4_request/),
      });
    });

    test.each<[string, (headers: Record<string, string>) => Response]>([
      ['answered from the cache', () => new Response('{}', { headers: { warning: '199 ignored' } })],
      ['what an earlier refresh left', () => new Response('{}', { headers: { 'x-cachement-refreshed': '0000000000000000' } })],
      ['forbidden', () => new Response('{}', { status: 403 })],
      [
        'a failure',
        () => {
          throw new TypeError('fetch failed');
        },
      ],
    ])('is not refreshed where the answer is %s', async (_, answer) => {
      expect(await stage(answer).refresh('/places/1', VERSION)).toBe(false);
    });

    test.each([
      '/../other/places/1',
      '//evil.test/x',
      '/./a',
      '/a/../../b',
    ])('is never asked of another stage: %s', async (path) => {
      expect(await stage(carriedOut).refresh(path, VERSION)).toBe(false);
      expect(asked).toEqual([]);
    });
  });

  test('an invalidation has the batch as its reference, so that a repetition is the same one', async () => {
    const api = client(() => ({ Invalidation: { Id: 'I1', Status: 'InProgress' } }));
    const edge = createDistribution({ distributionId: 'D', client: api });
    expect(await edge.invalidate('b', ['#a', '#b'])).toBe('I1');
    expect(api.inputs).toEqual([
      { DistributionId: 'D', InvalidationBatch: { CallerReference: 'b', Paths: { Quantity: 2, Items: ['#a', '#b'] } } },
    ]);
  });

  test.each([
    ['InProgress', false],
    ['Completed', true],
  ])('an invalidation that is %s is completed: %s', async (Status, completed) => {
    const edge = createDistribution({ distributionId: 'D', client: client(() => ({ Invalidation: { Id: 'I1', Status } })) });
    expect(await edge.isCompleted('I1')).toBe(completed);
  });

  test('the executor sends itself an event as the bus would', async () => {
    const sqs = client(() => ({}));
    const detail = { batchId: 'b', invalidationId: 'I', acceptedAt: 1 };
    await createEdgeQueue({ url: 'u', client: sqs })({ type: 'EdgePurgeAccepted', detail }, 7);
    expect(sqs.inputs).toEqual([{ QueueUrl: 'u', DelaySeconds: 7, MessageBody: expect.any(String) }]);
    expect(JSON.parse(sqs.inputs[0].MessageBody)).toEqual({ source: 'cachement', 'detail-type': 'EdgePurgeAccepted', detail });
  });
});

describe('the topology', () => {
  test('is what ElastiCache says', async () => {
    const elasticache = client(() => ({
      ReplicationGroups: [
        {
          Status: 'available',
          NodeGroups: [
            {
              NodeGroupId: '0001',
              Status: 'available',
              Slots: '0-16383',
              NodeGroupMembers: [{ CacheClusterId: 'g-0001-001', CurrentRole: 'primary', PreferredAvailabilityZone: 'a' }, {}],
            },
          ],
        },
      ],
    }));
    expect(await describeTopology({ replicationGroupId: 'g', client: elasticache, now: () => 5 })).toEqual({
      replicationGroupId: 'g',
      status: 'available',
      reportedAt: 5,
      shards: [
        {
          id: '0001',
          status: 'available',
          slots: '0-16383',
          nodes: [{ id: 'g-0001-001', role: 'primary', availabilityZone: 'a' }, { id: '' }],
        },
      ],
    });
  });

  test('is an error where ElastiCache knows no such cluster', async () => {
    const none = client(() => ({ ReplicationGroups: [] }));
    await expect(describeTopology({ replicationGroupId: 'g', client: none })).rejects.toThrow("no replication group 'g'");
  });
});
