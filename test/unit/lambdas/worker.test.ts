import { waitSeconds } from '../../../lambdas/platform/purge/outbox';
import { createWorker, formatEvent, type Received } from '../../../lambdas/platform/purge/worker';

const ID = 'aaaaaaaa-0000-4000-8000-000000000000';
const VERSION = '000000010000000001D5DF98';
const record = (messageId: string, body: string) => ({ messageId, body });

let output: jest.SpyInstance;
beforeEach(() => {
  output = jest.spyOn(process.stdout, 'write').mockReturnValue(true);
});
afterEach(() => output.mockRestore());

describe('a worker', () => {
  const completed = (batchId = ID) => formatEvent('EdgePurgeCompleted', { batchId, invalidationId: 'I', completedAt: 1 });
  const accepted = formatEvent('EdgePurgeAccepted', { batchId: ID, invalidationId: 'I', acceptedAt: 1 });

  test('hands each step all messages of its type, in the order of the steps', async () => {
    const calls: [string, string[]][] = [];
    const note = (name: string) => async (messages: readonly Received<'EdgePurgeAccepted' | 'EdgePurgeCompleted'>[]) => {
      calls.push([name, messages.map(({ messageId }) => messageId)]);
      return [];
    };
    const worker = createWorker({ EdgePurgeAccepted: note('accepted'), EdgePurgeCompleted: note('completed') });
    const response = await worker({ Records: [record('1', completed()), record('2', accepted), record('3', completed())] });
    expect(response).toEqual({ batchItemFailures: [] });
    expect(calls).toEqual([
      ['accepted', ['2']],
      ['completed', ['1', '3']],
    ]);
  });

  test('hands steps their messages at once where some of them wait', async () => {
    let completedRan = (): void => {};
    const ran = new Promise<void>((resolve) => {
      completedRan = resolve;
    });
    const worker = createWorker(
      {
        EdgePurgeAccepted: () => ran.then(() => []),
        EdgePurgeCompleted: async () => {
          completedRan();
          throw new Error('no');
        },
      },
      { atOnce: true },
    );
    const response = await worker({ Records: [record('1', accepted), record('2', completed())] });
    expect(response).toEqual({ batchItemFailures: [{ itemIdentifier: '2' }] });
  });

  test('returns what a step could not do, and all of a step that threw', async () => {
    const worker = createWorker({
      EdgePurgeAccepted: async () => {
        throw new Error('the database is away');
      },
      EdgePurgeCompleted: async ([first]) => [first?.messageId ?? ''],
    });
    const response = await worker({ Records: [record('1', completed()), record('2', completed()), record('3', accepted)] });
    expect(response.batchItemFailures.map(({ itemIdentifier }) => itemIdentifier).sort()).toEqual(['1', '3']);
  });

  test('returns messages that nobody here can handle', async () => {
    const worker = createWorker({ EdgePurgeCompleted: async () => [] });
    const { batchItemFailures } = await worker({ Records: [record('1', accepted), record('2', completed())] });
    expect(batchItemFailures).toEqual([{ itemIdentifier: '1' }]);
  });
});

describe('a message', () => {
  const purge = { purgeId: ID, tags: ['a'], mode: 'delete', version: VERSION };
  const event = (detail: unknown, type = 'PurgeRequested', source = 'cachement') =>
    JSON.stringify({ source, 'detail-type': type, detail });
  const refused = async (body: string) => {
    const worker = createWorker({ PurgeRequested: async () => [] });
    return (await worker({ Records: [record('1', body)] })).batchItemFailures.length === 1;
  };

  test('is taken where it is whole', async () => {
    expect(await refused(event(purge))).toBe(false);
  });

  test.each([
    ['is no JSON', '{'],
    ['is null', 'null'],
    ['comes from somebody else', event(purge, 'PurgeRequested', 'other')],
    ['is of an unknown type', event(purge, 'toString')],
    ['has no detail', event(undefined)],
    ['has an id that is none', event({ ...purge, purgeId: "x'; DROP TABLE purge" })],
    ['has no tags', event({ ...purge, tags: [] })],
    ['has a wildcard', event({ ...purge, tags: ['a*'] })],
    ['has an item in a tag', event({ ...purge, tags: ['#a'] })],
    ['has two tags in one', event({ ...purge, tags: ['a,b'] })],
    ['has a line break in a tag', event({ ...purge, tags: ['a\nb'] })],
    ['has a tag of a megabyte', event({ ...purge, tags: ['a'.repeat(2 ** 20)] })],
    ['has 51 tags', event({ ...purge, tags: Array.from({ length: 51 }, (_, index) => `t${index}`) })],
    ['has an unknown mode', event({ ...purge, mode: 'all' })],
    ['has a version that is none', event({ ...purge, version: '1' })],
  ])('is refused where it %s', async (_name, body) => {
    expect(await refused(body)).toBe(true);
  });

  test('that is refused is not repeated whole in the log', async () => {
    await refused(event({ ...purge, tags: ['hunter2*'.repeat(1000)] }));
    expect(String(output.mock.calls)).not.toContain('hunter2*'.repeat(20));
  });
});

describe('a row that was sent', () => {
  test.each([
    [0, false, 30],
    [5, false, 30],
    [6, false, 60],
    [50, false, 600],
    [0, true, 5],
    [7, true, 20],
  ])('%i times before (refused: %s) is sent again in %i s', (attempts, wasRefused, seconds) => {
    expect(waitSeconds(attempts, wasRefused)).toBe(seconds);
  });
});
