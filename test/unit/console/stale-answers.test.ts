import type { PurgeStep, RequestRow } from '../../../local/console/protocol';
import { isStale, type Purge, StaleCounts } from '../../../local/console/stale-answers';

const COMMIT = 100_000;

const step = (name: PurgeStep['step'], afterMs: number): PurgeStep => ({ step: name, at: COMMIT + afterMs });

function purge(parts: Partial<Purge> = {}): Purge {
  return {
    id: 'p1',
    tags: ['product:1'],
    paths: [],
    committedAt: COMMIT,
    steps: [step('event', 100), step('shared', 1000), step('gateway', 5000)],
    ...parts,
  };
}

function answer(parts: Partial<RequestRow> = {}): RequestRow {
  return {
    seq: 7,
    id: 'e1',
    at: COMMIT + 2000,
    ms: 1,
    method: 'GET',
    url: '/products/1?x=1',
    status: 200,
    asked: 'edge',
    answeredBy: 'edge',
    steps: [],
    tags: ['product:1', 'products'],
    madeAt: COMMIT - 50_000,
    madeBy: 'database',
    headers: [],
    ...parts,
  };
}

test('an answer with content from before the commit, to a request after it, is stale', () => {
  expect(isStale(answer(), purge())).toBe(true);
});

test.each<[string, Partial<RequestRow>, Partial<Purge>]>([
  ['a request from before the commit', { at: COMMIT }, {}],
  ['other tags', { tags: ['product:2'] }, {}],
  ['content made after the shared tier had acknowledged the purge', { madeAt: COMMIT + 1000 }, {}],
  ['content from memory, made after the drain', { madeAt: COMMIT + 5000, madeBy: 'memory', at: COMMIT + 9000 }, {}],
  ['a request that did not come to the edge', { asked: 'gateway' }, {}],
  ['an answer that nobody made', { madeAt: undefined }, {}],
  ['another path', {}, { tags: [], paths: ['/products/11', '/orders/*'] }],
])('not of %s', (_, request, parts) => {
  expect(isStale(answer(request), purge(parts))).toBe(false);
});

test.each<[string, Partial<RequestRow>, Partial<Purge>]>([
  ['made between the commit and the acknowledgement of the shared tier', { madeAt: COMMIT + 500 }, {}],
  ['from memory, made before the end of the drain', { madeAt: COMMIT + 1500, madeBy: 'memory' }, {}],
  ['of a purge that no tier has acknowledged', { madeAt: COMMIT + 1500 }, { steps: [] }],
  ['of a purge by path', {}, { tags: [], paths: ['/products/1'] }],
  ['of a purge by a beginning of paths', {}, { tags: [], paths: ['/prod*'] }],
])('content that is not known to have the change counts: %s', (_, request, parts) => {
  expect(isStale(answer(request), purge(parts))).toBe(true);
});

test('each answer counts for each purge that it came after, and those after completion are told apart', () => {
  const counts = new StaleCounts();
  const done = purge({ completedAt: COMMIT + 8000 });
  const other = purge({ id: 'p2', tags: ['products'], steps: [] });
  const late = answer({ seq: 8, at: COMMIT + 9000 });
  expect(counts.judge([answer(), late, answer({ seq: 9, tags: [] })], [done, other])).toEqual([
    { seq: 7, purgeId: 'p1' },
    { seq: 7, purgeId: 'p2' },
    { seq: 8, purgeId: 'p1' },
    { seq: 8, purgeId: 'p2' },
  ]);
  expect(counts.of('p1')).toEqual({ count: 2, afterCompletion: 1, afterMs: [2000, 9000] });
  expect(counts.of('p2')).toMatchObject({ count: 2, afterCompletion: 0 });
  expect(counts.of('p3')).toEqual({ count: 0, afterCompletion: 0, afterMs: [] });
});

test('what is kept of a purge, and of how many, is bounded', () => {
  const counts = new StaleCounts();
  counts.judge(
    Array.from({ length: 1000 }, () => answer()),
    [purge()],
  );
  expect([counts.of('p1').count, counts.of('p1').afterMs.length]).toEqual([1000, 300]);
  for (let n = 0; n < 300; n++) counts.judge([answer()], [purge({ id: `n${n}` })]);
  expect([counts.of('p1').count, counts.of('n0').count, counts.of('n299').count]).toEqual([0, 0, 1]);
});
