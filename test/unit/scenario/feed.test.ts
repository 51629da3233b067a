import { seeded } from '../../../bench/consistency/random';
import { differences, timeline } from '../../../bench/scenario/feed/traffic';

const cast = {
  readers: [10, 11, 12],
  changers: [13],
  authors: [
    [20, 10],
    [21, 11],
  ] as const,
  celebrities: [[1, 12]] as const,
  people: 100,
};
const args = { edge: 'http://edge', cast, perSecond: { reads: 200, posts: 5, follows: 2 }, celebrityShare: 1 / 20 };

describe('the traffic of the feed', () => {
  const requests = (seed: number, count: number) => {
    const traffic = timeline(args, seeded(seed));
    return Array.from({ length: count }, (_, index) => traffic.request(index));
  };
  const shape = (all: ReturnType<typeof requests>) => all.map(({ kind, method, url, body }) => ({ kind, method, url, body }));

  test('is repeated by its seed, and another one by another', () => {
    expect(shape(requests(1, 500))).toEqual(shape(requests(1, 500)));
    expect(shape(requests(1, 500))).not.toEqual(shape(requests(2, 500)));
  });

  test('has the shares of its rates', () => {
    const all = requests(3, 20_000);
    const share = (...kinds: string[]) => all.filter(({ kind }) => kinds.includes(kind)).length / all.length;
    expect(share('read')).toBeCloseTo(200 / 207, 2);
    expect(share('post', 'celebrityPost')).toBeCloseTo(5 / 207, 2);
    expect(share('celebrityPost') / share('post', 'celebrityPost')).toBeCloseTo(1 / 20, 1);
    expect(share('follow')).toBeCloseTo(2 / 207, 2);
  });

  test('whoever follows is unfollowed by the next change of the same person', () => {
    const follows = requests(4, 5000).filter(({ kind }) => kind === 'follow');
    expect(follows.length).toBeGreaterThan(10);
    for (const [i, { method, url }] of follows.entries()) {
      expect(method).toBe(i % 2 === 0 ? 'PUT' : 'DELETE');
      if (i % 2 === 1) expect(url).toBe(follows[i - 1]!.url);
    }
  });

  test('a post is asked for by who follows its author, until it is seen', () => {
    const traffic = timeline(args, seeded(5));
    let index = 0;
    const next = (wanted: (request: ReturnType<typeof traffic.request>) => boolean) => {
      for (;;) {
        const request = traffic.request(index++);
        if (wanted(request)) return request;
      }
    };
    const post = next(({ kind }) => kind === 'post');
    post.answered!({ status: 201, headers: {}, body: JSON.stringify({ id: '77' }) });
    expect(traffic.figures!()).toMatchObject({ posted: 1, unseen: 1 });
    const follower = cast.authors.find(([author]) => author === (post.body as { author: number }).author)![1];
    const read = next(({ url }) => url.endsWith(`/people/${follower}/feed`));
    read.answered!({ status: 200, headers: {}, body: JSON.stringify({ posts: [{ id: '76' }] }) });
    expect(traffic.figures!()).toMatchObject({ unseen: 1, visibleMs: [] });
    read.answered!({ status: 200, headers: {}, body: JSON.stringify({ posts: [{ id: '77' }, { id: '76' }] }) });
    expect(traffic.figures!()).toMatchObject({ unseen: 0, visibleMs: [expect.any(Number)] });
  });
});

test.each([
  [['3', '2', '1'], { missing: 0, doubled: 0, foreign: 0, disordered: 0 }],
  [['3', '1'], { missing: 1, doubled: 0, foreign: 0, disordered: 1 }],
  [['3', '3', '2', '1'], { missing: 0, doubled: 1, foreign: 0, disordered: 1 }],
  [['3', '9', '2', '1'], { missing: 0, doubled: 0, foreign: 1, disordered: 1 }],
  [['2', '3', '1'], { missing: 0, doubled: 0, foreign: 0, disordered: 1 }],
])('a feed %j differs from 3, 2, 1 by %j', (shown, expected) => {
  expect(differences(shown, ['3', '2', '1'])).toEqual(expected);
});
