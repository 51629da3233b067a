import { connectionFromEnvironment, type Database, type Handle } from 'cachement/functions';
import { Feeds } from 'cachement/patterns/feeds';
import type { Cache } from 'cachement/runtime';
import { readMany } from 'cachement/runtime/read-many';
import { loadFeed, loadFollowers, loadLatest, loadPosts, loadPulled, type Post } from './people';

/** Followers from which on an author's posts are pulled rather than pushed. */
export const PULLED_FROM = 10_000;

/** Posts of one author that are looked at: as many as somebody posts within a day. */
const LATEST = 100;

/** Feeds as ids of posts, and the posts, once each, whatever feeds they are in. */
export function feedsOf(cache: Cache<Handle>, { writer: primary }: Database) {
  const items = cache.namespace('items', {
    freshness: { memoryTtlSeconds: 1, sharedTtlSeconds: 3600, negativeTtlSeconds: 1 },
  });
  const latest = cache.namespace('latest', { freshness: { memoryTtlSeconds: 1, sharedTtlSeconds: 3600 } });
  const latestOf = async (people: readonly string[]) => [
    ...(await readMany(latest, people, (handle, missing) => loadLatest(handle, missing, LATEST))).values(),
  ];
  const feeds = new Feeds({
    connection: connectionFromEnvironment(),
    name: 'home',
    maxItems: 200,
    rebuild: (person, options) => loadFeed(primary, person, options),
    followers: (author, options) => loadFollowers(primary, author, options),
    isPulled: (author) => loadPulled(primary, author),
    latest: async (authors) => (await latestOf(authors)).flat(),
  });
  return {
    feeds,
    /** Ids of the latest posts of each author, which the author's next post purges. */
    latest,
    latestOf,
    /** The posts of these ids, in order; without those that were deleted. By one query for all that aren't cached. */
    postsOf: async (ids: readonly string[]): Promise<Post[]> => [
      ...(await readMany(items, ids, loadPosts, { tags: (id) => [`post:${id}`] })).values(),
    ],
  };
}
