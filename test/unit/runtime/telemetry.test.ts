import { type Span, type SpanStatus, type Tracer, trace } from '@opentelemetry/api';
import { readCounts, readMetrics } from '../../../lambdas/runtime/read-metrics';
import { openTelemetry } from '../../../lambdas/runtime/tracing';
import { platform } from '../../support/cache-processes';

const policy = { freshness: { memoryTtlSeconds: 1, sharedTtlSeconds: 600 } };

test('an error of those who are told of reads fails no read, and is a warning', async () => {
  const warned = jest.spyOn(process, 'emitWarning').mockImplementation(() => {});
  const fails = () => {
    throw new Error('mine');
  };
  for (const options of [{ onRead: fails }, { telemetry: readCounts({ report: fails, everySeconds: 0 }) }]) {
    warned.mockClear();
    const { a } = platform(options);
    const things = a.namespace('things', policy);
    for (let read = 0; read < 2; read++) expect(await things.getOrSet('1', async () => 1)).toBe(1);
    expect(await things.get('1')).toBe(1);
    expect(warned).toHaveBeenCalledWith('a handler of reads: Error: mine');
  }
  warned.mockRestore();
});

describe('the counts of reads', () => {
  test('leave as one line a route in the embedded metric format, with counts, times and dimensions', async () => {
    const lines: string[] = [];
    const telemetry = readMetrics({ write: (line) => lines.push(line), dimensions: { FunctionName: 'reader' } });
    const { a: cache, b: other, source, clock } = platform({ telemetry });
    const things = cache.namespace('things', policy);
    const load = async () => source.value;
    await Promise.all([things.getOrSet('1', load), things.getOrSet('1', load)]);
    await things.getOrSet('1', load);
    await things.getOrSet('1', load);
    await clock.advance(1001);
    await things.getOrSet('1', load);
    cache.flushTelemetry();

    expect(lines).toHaveLength(1);
    const { _aws, ...line } = JSON.parse(lines[0] as string);
    expect(line).toMatchObject({ FunctionName: 'reader', Route: 'things' });
    expect(line).toMatchObject({ MemoryHits: 2, SharedHits: 1, Misses: 2, Collapsed: 1, Loads: 1, FillsRejected: 0 });
    expect(line.SharedMilliseconds).toHaveLength(1);
    expect(line.LoadMilliseconds).toHaveLength(2);
    expect(_aws.CloudWatchMetrics[0].Dimensions).toEqual([['FunctionName', 'Route']]);
    expect(_aws.CloudWatchMetrics[0].Metrics).toContainEqual({ Name: 'SharedMilliseconds', Unit: 'Milliseconds' });

    cache.flushTelemetry();
    await other.close();
    expect(lines).toHaveLength(1);
  });

  test('leave with a read once they are due, and are at most a hundred values of a time', async () => {
    const lines: string[] = [];
    const { a: cache, source } = platform({ telemetry: readMetrics({ write: (line) => lines.push(line), everySeconds: 0 }) });
    const things = cache.namespace('things', { freshness: { memoryTtlSeconds: 0, sharedTtlSeconds: 600 } });
    await things.getOrSet('1', async () => source.value);
    expect(lines.map((line) => JSON.parse(line))).toMatchObject([{ Misses: 1, Loads: 1 }]);

    const later = platform({ telemetry: readMetrics({ write: (line) => lines.push(line) }) });
    const many = later.a.namespace('things', { freshness: { memoryTtlSeconds: 0, sharedTtlSeconds: 600 } });
    for (let i = 0; i < 150; i++) await many.getOrSet('1', async () => later.source.value);
    later.a.flushTelemetry();
    const { SharedHits, SharedMilliseconds } = JSON.parse(lines.at(-1) as string);
    expect(SharedHits).toBe(149);
    expect(SharedMilliseconds.length).toBeLessThanOrEqual(100);
  });

  test('say that a load was refused because a purge came in between', async () => {
    const lines: string[] = [];
    const { a: cache, source } = platform({ telemetry: readMetrics({ write: (line) => lines.push(line) }) });
    const things = cache.namespace('things', policy);
    await things.getOrSet('1', async () => {
      await things.delete('1', { version: source.write('v2') });
      return 'v1';
    });
    cache.flushTelemetry();
    expect(JSON.parse(lines[0] as string)).toMatchObject({ FillsRejected: 1 });
  });
});

describe('with tracing, in an application that has set up OpenTelemetry', () => {
  interface Told {
    readonly name: string;
    readonly parent: string | undefined;
    attributes: Record<string, unknown>;
    status?: SpanStatus;
    ended: boolean;
  }
  const spans: Told[] = [];
  const open: string[] = [];

  beforeAll(() => {
    const startActiveSpan = (name: string, run: (span: Span) => unknown) => {
      const told: Told = { name, parent: open.at(-1), attributes: {}, ended: false };
      spans.push(told);
      open.push(name);
      return run({
        setAttributes: (attributes: Record<string, unknown>) => Object.assign(told.attributes, attributes),
        setStatus: (status: SpanStatus) => {
          told.status = status;
        },
        recordException: () => {},
        end: () => {
          told.ended = true;
          open.pop();
        },
      } as unknown as Span);
    };
    trace.setGlobalTracerProvider({ getTracer: () => ({ startActiveSpan }) as unknown as Tracer });
  });
  afterAll(() => trace.disable());
  beforeEach(() => {
    spans.length = 0;
  });

  test('a miss is a span with its load within, and says what the read did without its key', async () => {
    const { a: cache, source } = platform({ tracing: openTelemetry() });
    await cache.namespace('things', policy).getOrSet('secret', async () => source.value);
    expect(spans).toEqual([
      {
        name: 'cache.read',
        parent: undefined,
        attributes: { 'cache.tier': 'database', 'cache.status': 'miss', 'cache.collapsed': false },
        ended: true,
      },
      { name: 'cache.load', parent: 'cache.read', attributes: {}, ended: true },
    ]);
  });

  test('a load that fails marks its spans', async () => {
    const { a: cache } = platform({ tracing: openTelemetry() });
    const read = cache.namespace('things', policy).getOrSet('1', () => Promise.reject(new Error('no such table')));
    await expect(read).rejects.toThrow('no such table');
    expect(spans.map(({ name, status, ended }) => [name, status?.code, ended])).toEqual([
      ['cache.read', 2, true],
      ['cache.load', 2, true],
    ]);
  });

  test('a cache that was not told to trace makes no span', async () => {
    const { a: cache } = platform();
    expect(await cache.namespace('things', policy).getOrSet('1', async () => 1)).toBe(1);
    expect(spans).toEqual([]);
  });
});

test('with tracing, and no OpenTelemetry in the application, reads are what they are without it', async () => {
  const { a: cache } = platform({ tracing: openTelemetry() });
  expect(await cache.namespace('things', policy).getOrSet('1', async () => 1)).toBe(1);
});
