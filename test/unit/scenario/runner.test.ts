import { seeded } from '../../../bench/consistency/random';
import { figureOf, missedBars } from '../../../bench/scenario/runner/report';
import { Tally } from '../../../bench/scenario/runner/tally';
import { views } from '../../../bench/scenario/static-site/traffic';
import { shuffled, Zipf } from '../../../bench/support/zipf';

describe('popularity by Zipf', () => {
  test('a rank is drawn as often as one over the rank', () => {
    const zipf = new Zipf(1000);
    const random = seeded(1);
    const drawn = Array.from({ length: 50_000 }, () => zipf.next(random));
    const share = (rank: number) => drawn.filter((each) => each === rank).length / drawn.length;
    const first = 1 / Array.from({ length: 1000 }, (_, index) => 1 / (index + 1)).reduce((sum, each) => sum + each, 0);
    expect(share(1)).toBeCloseTo(first, 2);
    expect(share(2)).toBeCloseTo(first / 2, 2);
    expect(drawn.every((rank) => rank >= 1 && rank <= 1000)).toBe(true);
  });

  test('ids are in an order that the seed repeats, each once', () => {
    const ids = [...shuffled(500, seeded(7))];
    expect(ids).toEqual([...shuffled(500, seeded(7))]);
    expect(ids).not.toEqual([...shuffled(500, seeded(8))]);
    expect([...ids].sort((a, b) => a - b)).toEqual(Array.from({ length: 500 }, (_, index) => index + 1));
  });
});

describe('bars', () => {
  const bars = [
    { figure: 'hitRatio', what: '', atLeast: 0.95, small: { atLeast: 0.8 } },
    { figure: 'layers.memory', what: '', atLeast: 0.4, small: 'none' as const },
    { figure: 'stale', what: '', atMost: 0 },
  ];

  test('a figure is found within others, and not in a prototype', () => {
    expect(figureOf({ layers: { memory: 0.5 } }, 'layers.memory')).toBe(0.5);
    expect(figureOf({}, 'constructor.name')).toBeUndefined();
  });

  test('what is below, above or missing is missed', () => {
    expect(missedBars(bars, { hitRatio: 0.96, layers: { memory: 0.4 }, stale: 0 }, 'full')).toEqual([]);
    expect(missedBars(bars, { hitRatio: 0.94, layers: { memory: 0.3 }, stale: 1 }, 'full')).toEqual([
      'hitRatio',
      'layers.memory',
      'stale',
    ]);
    expect(missedBars(bars, { hitRatio: Number.NaN }, 'full')).toEqual(['hitRatio', 'layers.memory', 'stale']);
  });

  test('small size has its own', () => {
    expect(missedBars(bars, { hitRatio: 0.85, stale: 0 }, 'small')).toEqual([]);
  });
});

test('a tally has the percentiles of what was added, and counts by what the edge said', () => {
  const tally = new Tally();
  for (let ms = 1; ms <= 100; ms++) {
    tally.add({ status: ms > 99 ? 500 : 200, failed: ms > 99, edge: ms > 50 ? 'Miss' : 'Hit', bytes: 10, ms, firstByteMs: 2 });
  }
  const figures = tally.figures();
  expect(figures).toMatchObject({ count: 100, failed: 1, bytes: 1000, firstByteMeanMs: 2, statuses: { 200: 99, 500: 1 } });
  expect(figures.edge).toEqual({ Hit: 50, Miss: 50 });
  expect(figures.edgeBytes).toEqual({ Hit: 500, Miss: 500 });
  expect(figures.p50Ms).toBeCloseTo(50, 0);
  expect(figures.p99Ms).toBeCloseTo(99, 0);
});

describe('views of a site', () => {
  const args = { edge: 'http://edge', pages: ['/a/', '/b/', '/c/'], popularity: 1, uncached: { edge: 'http://twin', every: 10 } };

  test('are the same for the same seed and answers', () => {
    const urls = () => {
      const traffic = views(args, seeded(3));
      return Array.from({ length: 50 }, (_, index) => {
        const request = traffic.request(index);
        request.answered?.({ status: 200, headers: {}, body: '<img src="/static/x.1.svg">' });
        return request.url;
      });
    };
    expect(urls()).toEqual(urls());
    expect(urls()).toContain('http://edge/static/x.1.svg');
  });

  test('ask once more where nothing is kept, in turn', () => {
    const traffic = views(args, seeded(3));
    const requests = Array.from({ length: 21 }, (_, index) => traffic.request(index));
    expect(requests[10]!.url.replace('twin', 'edge')).toBe(requests[9]!.url);
    expect(requests.filter(({ kind }) => kind === 'uncached')).toHaveLength(2);
  });

  test('say which assets were gone', () => {
    const traffic = views({ ...args, older: ['/static/old.svg'] }, seeded(3));
    for (let index = 0; index < 200; index++) {
      const request = traffic.request(index);
      request.answered?.({ status: request.kind === 'asset' ? 404 : 200, headers: {}, body: '' });
    }
    expect(traffic.figures?.()).toMatchObject({ missing: expect.arrayContaining(['/static/old.svg']) });
  });
});
