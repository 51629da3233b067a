import type { TrafficMaker, TrafficRequest } from '../traffic';
import type { Cast } from './data';

/** Argument of {@link timeline}. */
export interface TimelineArgs {
  readonly edge: string;
  readonly cast: Cast;
  /** Requests a second by kind. */
  readonly perSecond: { readonly reads: number; readonly posts: number; readonly follows: number };
  /** Share of the posts that are a celebrity's. */
  readonly celebrityShare: number;
}

/** Post that was answered, and isn't seen yet in the feed of somebody who follows its author. */
interface Unseen {
  readonly id: string;
  readonly follower: number;
  readonly since: number;
}

/** One read in so many is of somebody who waits for a post. */
const WATCH_EVERY = 3;

/**
 * People who read their feeds, post, follow and unfollow; how long each post takes to be seen is measured by reads among them.
 */
export const timeline: TrafficMaker<TimelineArgs> = ({ edge, cast, perSecond, celebrityShare }, random) => {
  const { reads, posts, follows } = perSecond;
  const unseen: Unseen[] = [];
  const visibleMs: number[] = [];
  const followed = new Map<number, number>();
  let [posted, watched] = [0, 0];

  const post = (): TrafficRequest => {
    const isCelebrity = random.chance(celebrityShare);
    const [author, follower] = random.pick(isCelebrity ? cast.celebrities : cast.authors);
    return {
      kind: isCelebrity ? 'celebrityPost' : 'post',
      method: 'POST',
      url: `${edge}/posts`,
      body: { author, text: `Post of ${author}.` },
      answered: ({ status, body }) => {
        if (status !== 201) return;
        posted++;
        unseen.push({ id: (JSON.parse(body) as { id: string }).id, follower, since: performance.now() });
      },
    };
  };

  /** Somebody follows an author, or no longer does. */
  const follow = (): TrafficRequest => {
    const person = random.pick(cast.changers);
    const before = followed.get(person);
    if (before !== undefined) followed.delete(person);
    const author = before ?? 4 + Math.floor(random.next() * (cast.people - 4));
    if (before === undefined && author !== person) followed.set(person, author);
    const url = `${edge}/people/${person}/follows/${author === person ? author - 1 : author}`;
    return { kind: 'follow', method: before === undefined ? 'PUT' : 'DELETE', url };
  };

  const read = (person: number): TrafficRequest => ({
    kind: 'read',
    url: `${edge}/people/${person}/feed`,
    answered: ({ status, body }) => {
      if (status !== 200 || !unseen.some(({ follower }) => follower === person)) return;
      const ids = new Set((JSON.parse(body) as { posts: { id: string }[] }).posts.map(({ id }) => id));
      for (let i = unseen.length - 1; i >= 0; i--) {
        const { id, follower, since } = unseen[i]!;
        if (follower !== person || !ids.has(id)) continue;
        visibleMs.push(performance.now() - since);
        unseen.splice(i, 1);
      }
    },
  });

  return {
    request(index) {
      const at = random.next() * (reads + posts + follows);
      if (at < posts) return post();
      if (at < posts + follows) return follow();
      if (index % WATCH_EVERY === 0 && unseen.length > 0) return read(unseen[watched++ % unseen.length]!.follower);
      return read(random.pick(cast.readers));
    },
    figures: () => ({ posted, unseen: unseen.length, visibleMs }),
  };
};

/** Everybody's first read. */
export const arrivals: TrafficMaker<{ edge: string; people: readonly number[] }> = ({ edge, people }) => ({
  request: (index) => ({ kind: 'arrival', url: `${edge}/people/${people[index % people.length]}/feed` }),
});

/** Differences between a feed page by page and what it should be. */
export function differences(shown: readonly string[], expected: readonly string[]) {
  const known = new Set(shown);
  const wanted = new Set(expected);
  return {
    missing: expected.filter((id) => !known.has(id)).length,
    doubled: shown.length - known.size,
    foreign: [...known].filter((id) => !wanted.has(id)).length,
    disordered: shown.join() === expected.join() ? 0 : 1,
  };
}
