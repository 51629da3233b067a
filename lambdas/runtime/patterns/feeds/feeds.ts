import { mustBe, wholeNumbers } from '../../arguments';
import type { RedisConnection } from '../../connection/redis-connection';
import type { Replicated } from '../../connection/run-script';
import { applyTo, FencedSet, readingScript } from '../fenced-set';
import { measured } from '../meter';
import type { PatternMeter, PatternMetrics } from '../metrics';
import { checkItem, cursorOf, type FeedItem, laterFirst, merged, pointOf } from './items';

export type { FeedItem } from './items';

/** Feed as the database has it. */
export interface Rebuilt {
  /** Latest posts of everybody who is followed, in any order. */
  readonly items: readonly FeedItem[];
  /**
   * Authors who are followed and whose posts aren't pushed.
   * @default - none
   */
  readonly pulled?: readonly string[];
}

/** Options of {@link Feeds}. */
export interface FeedsOptions {
  /** Connection to the tier with the feeds. */
  readonly connection: RedisConnection;
  /** Name of the feeds, of letters, digits, `-`, `_` and `.`. */
  readonly name: string;
  /**
   * Loads a feed from the primary: the latest `limit` posts of everybody that a user follows; with `before` those that come
   * behind it in the order of time and id, where ids are compared by their bytes (`COLLATE "C"`).
   */
  readonly rebuild: (userId: string, options: { readonly limit: number; readonly before?: FeedItem }) => Promise<Rebuilt>;
  /** Followers of an author, in ascending order, at most `limit` of those behind `after`; from the primary. */
  readonly followers: (
    authorId: string,
    options: { readonly after?: string; readonly limit: number },
  ) => Promise<readonly string[]>;
  /**
   * True for an author with so many followers that posts aren't pushed.
   * @default - everybody's posts are pushed
   */
  readonly isPulled?: (authorId: string) => Promise<boolean>;
  /**
   * Latest posts of authors whose posts aren't pushed, from the cache: as many of each as are posted within `keepSeconds`.
   * @default - there are no such authors
   */
  readonly latest?: (authorIds: readonly string[]) => Promise<readonly FeedItem[]>;
  /**
   * Posts of a feed that are kept; those behind them are asked for by `rebuild`.
   * @default 1000
   */
  readonly maxItems?: number;
  /**
   * Seconds for which a feed is kept after it was loaded.
   * @default 86400
   */
  readonly keepSeconds?: number;
  /**
   * Authors of a feed whose latest posts are pulled at most; those of more come when it is loaded next.
   * @default 50
   */
  readonly maxPulled?: number;
  /**
   * Followers that are asked for, and pushed to, at once.
   * @default 500
   */
  readonly batch?: number;
  /**
   * Milliseconds for which others wait for a load.
   * @default 5000
   */
  readonly leaseMs?: number;
  /**
   * False to do without the fence, which loses what is posted during a load: for the benchmark that shows it.
   * @default true
   */
  readonly fenced?: boolean;
  /**
   * Receiver of counts.
   * @default - nothing is counted
   */
  readonly metrics?: PatternMetrics;
}

/** Post that was committed. */
export interface Post {
  /** Its id. */
  readonly postId: string;
  /** Author of the post. */
  readonly authorId: string;
  /** Time of the post, in epoch milliseconds. */
  readonly at: number;
}

/** Part of the followers of an author. */
export interface OfFollowers {
  /**
   * Follower behind whom to begin.
   * @default - with the first one
   */
  readonly after?: string;
  /**
   * Batches of followers.
   * @default - all of them
   */
  readonly batches?: number;
}

/** Changes for the followers of an author. */
export interface Published {
  /** Feeds that were there, and were changed. */
  readonly feeds: number;
  /** False where a failover may lose some of it, as where there is no replica; it may be repeated. */
  readonly replicated: boolean;
  /**
   * Follower behind whom to go on.
   * @default - all are done
   */
  readonly next?: string;
}

/** Page of a feed. */
export interface FeedPage {
  /** Posts, the latest first. */
  readonly items: readonly FeedItem[];
  /**
   * Begin of the next page.
   * @default - this is the last one
   */
  readonly cursor?: string;
}

/** Begin of the mark of an author whose posts are pulled. */
const PULLED = '\0';

/** ARGV: time from which on backwards, items. Replies marks, number of items, and items with their times. */
const READ = readingScript(`local at,n=unpack(ARGV)
local equals=at=='+inf' and 0 or c('ZCOUNT',k,at,at)
return {json(c('ZRANGEBYSCORE',k,'-inf','(0')),c('ZCOUNT',k,0,'+inf'),json(c('ZREVRANGEBYSCORE',k,at,0,'WITHSCORES','LIMIT',0,equals+n))}`);

/** Marks and items are lists as JSON. */
type Reply = [marks: string, total: number, items: string];

/** Feeds of users: the ids of the latest posts of whom they follow, pushed to feeds that are there, and loaded to others. */
export class Feeds {
  readonly #options: FeedsOptions;
  readonly #numbers: { readonly maxItems: number; readonly maxPulled: number; readonly batch: number };
  readonly #sets: FencedSet;
  readonly #meter: PatternMeter | undefined;

  /** @throws {CacheError} `E_INVALID_ARGUMENT` where an option can't be used. */
  constructor(options: FeedsOptions) {
    const { name, keepSeconds = 86_400, leaseMs = 5000, fenced = true, connection } = options;
    this.#numbers = wholeNumbers({ maxItems: 1000, maxPulled: 50, batch: 500 }, options, ['maxPulled']);
    for (const callback of ['rebuild', 'followers'] as const) {
      mustBe(typeof options[callback] === 'function', callback, 'a function', options[callback]);
    }
    this.#options = options;
    this.#sets = new FencedSet({ connection, kind: 'fe', name, keepSeconds, leaseMs, fenced });
    this.#meter = options.metrics?.meter('feeds', name);
  }

  /**
   * Adds a post to the feeds that are there, once it is committed. It may be repeated, as a whole or from `next` on.
   *
   * @throws {CacheError} `E_SHARED_UNAVAILABLE`: repeat it.
   */
  publish({ postId, authorId, at }: Post, part: OfFollowers = {}): Promise<Published> {
    return measured(this.#meter, async () => {
      const { id } = checkItem({ id: postId, at });
      if (await this.#options.isPulled?.(authorId)) return { feeds: 0, replicated: true };
      const { maxItems } = this.#numbers;
      return this.#each(authorId, part, (user, since) => applyTo(this.#sets, user, [[at, id]], since, maxItems));
    });
  }

  /**
   * Page of a user's feed. Posts are ids: those that were deleted are left out when they are read.
   *
   * @param cursor `cursor` of the page before; the first page without it.
   * @param limit posts of a page; by default 20.
   * @throws {CacheError} `E_INVALID_ARGUMENT` where the cursor is none; what `rebuild` throws.
   */
  read(
    userId: string,
    { cursor, limit = 20 }: { readonly cursor?: string | undefined; readonly limit?: number } = {},
  ): Promise<FeedPage> {
    return measured(this.#meter, async () => {
      wholeNumbers({ limit: 0 }, { limit });
      const point = cursor === undefined ? undefined : pointOf(cursor);
      const page = await this.#page(userId, point, limit);
      const last = page[limit - 1];
      return last ? { items: page, cursor: cursorOf(last) } : { items: page };
    });
  }

  /**
   * Forgets a user's feed, after the commit of a follow, an unfollow or a block: it is loaded when it is read next.
   *
   * @throws {CacheError} `E_SHARED_UNAVAILABLE`; it may be repeated.
   */
  forget(userId: string): Promise<Replicated<boolean>> {
    return measured(this.#meter, () => this.#sets.drop(userId));
  }

  /**
   * Forgets the feeds of all followers of an author, after the commit of what `isPulled` says, or of a block of the author.
   *
   * @throws {CacheError} `E_SHARED_UNAVAILABLE`: repeat it.
   */
  forgetFollowersOf(authorId: string, part: OfFollowers = {}): Promise<Published> {
    return measured(this.#meter, () => this.#each(authorId, part, (user) => this.#sets.drop(user)));
  }

  async #page(userId: string, point: FeedItem | undefined, limit: number): Promise<FeedItem[]> {
    const { maxItems, maxPulled } = this.#numbers;
    const { rebuild, latest } = this.#options;
    const ready = await this.#sets.read<Reply, Rebuilt>(userId, READ, [point?.at ?? '+inf', limit], {
      load: () => rebuild(userId, { limit: maxItems }),
      fill: ({ items, pulled = [] }) => ({
        command: 'ZADD',
        members: [
          ...[...items]
            .sort(laterFirst)
            .slice(0, maxItems)
            .map((item) => [item.at, checkItem(item).id]),
          ...pulled.map((author) => [-1, PULLED + author]),
        ],
      }),
    });
    let own: FeedItem[];
    let total: number;
    let pulled: readonly FeedItem[] = [];
    if ('read' in ready) {
      const [marks, count, items] = ready.read;
      const flat: readonly string[] = JSON.parse(items);
      total = count;
      own = merged(
        [Array.from({ length: flat.length / 2 }, (_, i) => ({ id: flat[2 * i]!, at: Number(flat[2 * i + 1]) }))],
        point,
      );
      const authors = (JSON.parse(marks) as string[])
        .filter((mark) => mark.startsWith(PULLED))
        .map((mark) => mark.slice(PULLED.length));
      if (latest && authors.length > 0) pulled = await latest(authors.slice(0, maxPulled));
    } else {
      total = ready.loaded.items.length;
      own = merged([ready.loaded.items], point);
    }
    // Behind the last post of a set that is full the database goes on.
    if (own.length < limit && total >= maxItems) {
      const older = await rebuild(userId, { limit, ...(point && { before: point }) });
      return merged([older.items], point).slice(0, limit);
    }
    return merged([own, pulled], point).slice(0, limit);
  }

  /** Does something for the feed of each follower, some of them at once. */
  async #each(
    authorId: string,
    { after, batches = Number.POSITIVE_INFINITY }: OfFollowers,
    change: (userId: string, since: number) => Promise<Replicated<boolean>>,
  ): Promise<Published> {
    const limit = this.#numbers.batch;
    let feeds = 0;
    let replicated = true;
    let next = after;
    for (let done = 0; done < batches; done++) {
      const since = Math.floor(this.#options.connection.now());
      const users = await this.#options.followers(authorId, { limit, ...(next !== undefined && { after: next }) });
      const changes = await Promise.all(users.map((user) => change(user, since)));
      for (const { reply, replicated: isSafe } of changes) {
        if (reply) feeds++;
        replicated &&= isSafe;
      }
      if (users.length < limit) return { feeds, replicated };
      next = users.at(-1)!;
    }
    return { feeds, replicated, ...(next !== undefined && { next }) };
  }
}
