import type { Message } from '../../../lambdas/platform/bus';
import {
  type ExecutorPorts,
  edgePollStep,
  edgeStep,
  gatewayStep,
  MAX_DELAY_SECONDS,
  pollDelaySeconds,
  wakeStep,
} from '../../../lambdas/platform/purge/purge-path';

const [A, B] = ['aaaaaaaa-0000-4000-8000-000000000000', 'bbbbbbbb-0000-4000-8000-000000000000'];
const NOW = 1_000_000;
/** Whether the gateway carries out a refresh. */
let refreshes = true;

/** Everything outside, in memory; each call can be made to fail. */
function outside(
  failing: Partial<Record<'publish' | 'flush' | 'refresh' | 'invalidate' | 'isCompleted' | 'defer', unknown>> = {},
) {
  const log: unknown[] = [];
  const step = async (name: keyof typeof failing, ...details: unknown[]) => {
    log.push([name, ...details]);
    if (failing[name]) throw failing[name];
  };
  const published: Message[] = [];
  const deferred: [Message, number][] = [];
  const parts: ExecutorPorts = {
    clock: { now: () => NOW, sleep: async () => {} },
    bus: {
      publish: async (messages) => {
        log.push(['publish']);
        if (failing.publish) return new Set(messages.keys());
        published.push(...messages);
        return new Set();
      },
    },
    stageCache: {
      flush: () => step('flush'),
      refresh: async (path, version) => {
        await step('refresh', path, version);
        return refreshes;
      },
    },
    distribution: {
      invalidate: async (batchId) => {
        await step('invalidate', batchId);
        return `I-${batchId}`;
      },
      isCompleted: async (id) => {
        await step('isCompleted', id);
        return id === 'done';
      },
    },
    defer: async (message, seconds) => {
      await step('defer', seconds);
      deferred.push([message, seconds]);
    },
  };
  return { parts, log, published, deferred };
}

let output: jest.SpyInstance;
beforeEach(() => {
  output = jest.spyOn(process.stdout, 'write').mockReturnValue(true);
});
afterEach(() => output.mockRestore());

test('the relay is kicked at each time that it shall be woken, whichever comes first in the batch', async () => {
  const { parts, published } = outside();
  const sleeps = new Map<number, () => void>();
  const clock = { now: () => NOW, sleep: (ms: number) => new Promise<void>((resolve) => sleeps.set(ms, resolve)) };
  const turn = () => new Promise((resolve) => setImmediate(resolve));
  const done = wakeStep({ ...parts, clock })([
    { messageId: 'late', detail: { at: NOW + 800 } },
    { messageId: 'early', detail: { at: NOW + 200 } },
  ]);
  await turn();
  sleeps.get(200)?.();
  await turn();
  expect(published).toEqual([{ type: 'OutboxKicked', detail: {} }]);
  sleeps.get(800)?.();
  expect(await done).toEqual([]);
  expect(published).toHaveLength(2);
});

describe('the gateway step', () => {
  const command = (messageId: string, commandId: string, notBefore: number, sentAt = NOW) => ({
    messageId,
    detail: { commandId, purgeIds: [A], notBefore, sentAt },
  });

  test('flushes once for all commands that are due, and says when it was asked to', async () => {
    const { parts, log, published } = outside();
    expect(await gatewayStep(parts)([command('1', A, NOW - 1), command('2', B, NOW)])).toEqual([]);
    expect(log).toEqual([['flush'], ['publish']]);
    expect(published).toEqual([
      { type: 'GatewayPurged', detail: { commandId: A, purgeIds: [A], requestedAt: NOW, acknowledgedAt: NOW } },
      { type: 'GatewayPurged', detail: { commandId: B, purgeIds: [A], requestedAt: NOW, acknowledgedAt: NOW } },
    ]);
  });

  describe('where commands name the keys that they are for', () => {
    const VERSION = '000000010000000001D5DF98';
    const LATER = '000000010000000001D5DF99';
    const refresh = (messageId: string, paths: string[], version = VERSION) => ({
      messageId,
      detail: { commandId: messageId === '1' ? A : B, purgeIds: [A], notBefore: NOW, sentAt: NOW, refresh: { paths, version } },
    });
    afterEach(() => {
      refreshes = true;
    });

    test('refreshes each once, with the latest version, and flushes nothing', async () => {
      const { parts, log, published } = outside();
      expect(await gatewayStep(parts)([refresh('1', ['/a', '/b']), refresh('2', ['/a'], LATER)])).toEqual([]);
      expect(log).toEqual([['refresh', '/a', LATER], ['refresh', '/b', VERSION], ['publish']]);
      expect(published).toHaveLength(2);
    });

    test('flushes where a refresh was not carried out, or fails', async () => {
      refreshes = false;
      const { parts, log } = outside();
      await gatewayStep(parts)([refresh('1', ['/a'])]);
      expect(log).toEqual([['refresh', '/a', VERSION], ['flush'], ['publish']]);
    });

    test('flushes once for all where one command names none, or all of them name too many', async () => {
      const { parts, log } = outside();
      await gatewayStep(parts)([refresh('1', ['/a']), command('2', B, NOW)]);
      const paths = Array.from({ length: 8 }, (_, index) => `/${index}`);
      await gatewayStep(parts)([
        refresh('1', paths),
        refresh(
          '2',
          paths.map((path) => `/b${path}`),
        ),
      ]);
      expect(log).toEqual([['flush'], ['publish'], ['flush'], ['publish']]);
    });
  });

  test('defers a command until its drain is over, and flushes nothing for it', async () => {
    const { parts, log, deferred } = outside();
    expect(await gatewayStep(parts)([command('1', A, NOW + 3001)])).toEqual([]);
    // Whole seconds, and less than is left: the rest is waited for.
    expect(log).toEqual([['defer', 3]]);
    expect(deferred[0]?.[0]).toEqual({
      type: 'GatewayPurgeRequested',
      detail: { commandId: A, purgeIds: [A], notBefore: NOW + 3001, sentAt: NOW, waitedMs: 3000 },
    });
  });

  test.each([
    -600_000, -6_000, 6_000, 600_000,
  ])('waits for the whole drain though its clock is %d ms from the primary’s', async (ahead) => {
    const { parts, log, deferred, published } = outside();
    const sentAt = NOW - ahead;
    let message = command('1', A, sentAt + 5_300, sentAt);
    await gatewayStep(parts)([message]);
    expect(log).toEqual([['defer', 5]]);
    message = { messageId: '2', detail: deferred[0]?.[0].detail as typeof message.detail };
    const slept: number[] = [];
    const clock = { now: () => NOW, sleep: async (ms: number) => void slept.push(ms) };
    await gatewayStep({ ...parts, clock })([message]);
    expect(slept).toEqual([301]);
    expect(published).toMatchObject([{ type: 'GatewayPurged', detail: { requestedAt: sentAt + 5_300 } }]);
  });

  test('defers by no more than a queue can delay', async () => {
    const { parts, log } = outside();
    await gatewayStep(parts)([command('1', A, NOW + 3_600_000)]);
    expect(log).toEqual([['defer', MAX_DELAY_SECONDS]]);
  });

  test('keeps a command that could not be deferred, and goes on with the others', async () => {
    const { parts, published } = outside({ defer: new Error('no') });
    expect(await gatewayStep(parts)([command('1', A, NOW + 2000), command('2', B, NOW)])).toEqual(['1']);
    expect(published).toHaveLength(1);
  });

  test('keeps the commands of a flush that failed, but not those that were deferred', async () => {
    const { parts, published } = outside({ flush: new Error('TooManyRequestsException') });
    expect(await gatewayStep(parts)([command('1', A, NOW + 2000), command('2', B, NOW)])).toEqual(['2']);
    expect(published).toEqual([]);
  });

  test('keeps the commands whose report the bus refused', async () => {
    const { parts } = outside({ publish: true });
    expect(await gatewayStep(parts)([command('1', A, NOW)])).toEqual(['1']);
  });
});

describe('the edge step', () => {
  const batch = (messageId: string, batchId: string) => ({ messageId, detail: { batchId, items: ['#a'] } });

  test('creates the invalidation, takes care to ask for its end, then reports', async () => {
    const { parts, log, published, deferred } = outside();
    expect(await edgeStep(parts)([batch('1', A)])).toEqual([]);
    expect(log).toEqual([['invalidate', A], ['defer', 2], ['publish']]);
    const accepted = { type: 'EdgePurgeAccepted', detail: { batchId: A, invalidationId: `I-${A}`, acceptedAt: NOW } };
    expect(deferred).toEqual([[accepted, 2]]);
    expect(published).toEqual([accepted]);
  });

  test.each(['invalidate', 'defer', 'publish'] as const)('keeps the batch where it fails to %s', async (name) => {
    const { parts } = outside({ [name]: new Error('TooManyInvalidationsInProgress') });
    expect(await edgeStep(parts)([batch('1', A), batch('2', B)])).toEqual(['1', '2']);
  });

  const accepted = (invalidationId: string, acceptedAt: number) => ({
    messageId: '1',
    detail: { batchId: A, invalidationId, acceptedAt },
  });

  test('asks again, less and less often, while the invalidation is in progress', async () => {
    const { parts, log, published } = outside();
    expect(await edgePollStep(parts)([accepted('busy', NOW - 20_000)])).toEqual([]);
    expect(log).toEqual([
      ['isCompleted', 'busy'],
      ['defer', 10],
    ]);
    expect(published).toEqual([]);
  });

  test('reports the completion, once', async () => {
    const { parts, log, published } = outside();
    expect(await edgePollStep(parts)([accepted('done', NOW - 20_000)])).toEqual([]);
    expect(log).toEqual([['isCompleted', 'done'], ['publish']]);
    expect(published).toEqual([{ type: 'EdgePurgeCompleted', detail: { batchId: A, invalidationId: 'done', completedAt: NOW } }]);
  });

  test('keeps the message where CloudFront does not answer', async () => {
    const { parts } = outside({ isCompleted: new Error('ThrottlingException') });
    expect(await edgePollStep(parts)([accepted('done', NOW)])).toEqual(['1']);
  });

  test.each([
    [0, 2],
    [4_000, 2],
    [5_000, 3],
    [30_000, 15],
    [600_000, 30],
  ])('after %i ms asks again in %i s', (elapsedMs, seconds) => {
    expect(pollDelaySeconds(elapsedMs)).toBe(seconds);
  });
});
