import { pathProblem } from '../../../lambdas/platform/purge/edge-path';
import { reportMetrics } from '../../../lambdas/platform/purge/metrics';
import { callsPerSecond, parentOf } from '../../../lambdas/platform/purge/pacing';
import { decide } from '../../../lambdas/platform/purge/seal';
import { isThrottle } from '../../../lambdas/platform/purge/throttle';

const pacing = { parentTags: { 'place:{id}': 'places' }, escalateFrom: 3 };
const items = (...names: string[]) => names.map((item) => ({ item, urgent: false }));

describe('what a batch costs', () => {
  test('is what was asked for, as long as that is little', () => {
    expect(decide(items('#place:1', '#place:2', '#country:de'), pacing, 0)).toEqual({
      items: ['#place:1', '#place:2', '#country:de'],
      left: [],
    });
  });

  test('is the parent of many', () => {
    expect(decide(items('#place:1', '#place:2', '#place:3', '#country:de'), pacing, 0)).toEqual({
      items: ['#places', '#country:de'],
      left: [],
    });
  });

  test('is nothing for a tag whose parent goes anyway', () => {
    expect(decide(items('#place:1', '#places'), pacing, 0).items).toEqual(['#places']);
  });

  test.each([
    [0.99, ['#place:1', '#country:de', '/x'], []],
    [1, ['#places'], ['#country:de', '/x']],
    [1.09, ['#places'], ['#country:de', '/x']],
    [1.1, [], ['#place:1', '#country:de', '/x']],
  ])('with %d of the budget used', (share, asked, left) => {
    expect(decide(items('#place:1', '#country:de', '/x'), pacing, share)).toEqual({ items: asked, left });
  });

  test('counts an urgent item whatever the budget says', () => {
    expect(decide([{ item: '#country:de', urgent: true }, ...items('#country:fr')], pacing, 5)).toEqual({
      items: ['#country:de'],
      left: ['#country:fr'],
    });
  });
});

test.each([
  ['place:1', 'places'],
  ['place:', undefined],
  ['place:1:photo', undefined],
  ['xplace:1', undefined],
])('the parent of %s is %s', (tag, parent) => {
  expect(parentOf(pacing)(tag)).toBe(parent);
});

test.each([
  '',
  'a',
  '/a*b',
  '/a b',
  '/a\nb',
  '/"',
  '/#',
  '/é',
  `/${'a'.repeat(1024)}`,
  7,
  undefined,
])('no path to purge: %j', (path) => {
  expect(pathProblem(path)).toMatch(/^a path must/);
});

test.each(['/', '/places*', '/places?country=de', '/a/%20/b~c', '/*'])('a path to purge: %s', (path) => {
  expect(pathProblem(path)).toBeUndefined();
});

test.each([
  [100, 2],
  [500, 2],
  [1000, 1],
  [30_000, 1],
])('a window of %d ms needs %d calls a second', (window, calls) => {
  expect(callsPerSecond(window)).toBe(calls);
});

test('throttles are told from errors that stay', () => {
  expect(isThrottle({ name: 'TooManyInvalidationsInProgress' })).toBe(true);
  expect(isThrottle({ name: 'X', $metadata: { httpStatusCode: 429 } })).toBe(true);
  expect(isThrottle(new Error('InvalidArgument'))).toBe(false);
});

test('metrics are lines that CloudWatch understands, and none where there is nothing to say', () => {
  const written: string[] = [];
  reportMetrics(
    { CommitToFresh: [1, 2], EdgeItems: 3, CommitToShared: [] },
    (line) => written.push(line),
    () => 7,
  );
  reportMetrics({ CommitToFresh: [] }, (line) => written.push(line));
  expect(written.map((line) => JSON.parse(line))).toEqual([
    {
      _aws: {
        Timestamp: 7,
        CloudWatchMetrics: [
          {
            Namespace: 'Cachement/Purge',
            Dimensions: [['FunctionName']],
            Metrics: [
              { Name: 'CommitToFresh', Unit: 'Milliseconds' },
              { Name: 'EdgeItems', Unit: 'Count' },
            ],
          },
        ],
      },
      FunctionName: 'function',
      CommitToFresh: [1, 2],
      EdgeItems: 3,
    },
  ]);
});
