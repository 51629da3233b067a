import { mustBe } from '../../arguments';

/** Post of a feed. */
export interface FeedItem {
  /** Id of the post. */
  readonly id: string;
  /** Time of the post, in epoch milliseconds. */
  readonly at: number;
}

/** Order of a feed: later posts first; of one time, the greater id by its bytes, as sorted sets have it. */
export const laterFirst = (a: FeedItem, b: FeedItem): number =>
  b.at - a.at || Buffer.compare(Buffer.from(b.id), Buffer.from(a.id));

/** Items of several lists behind a point, in order, each once. */
export function merged(lists: readonly (readonly FeedItem[])[], point: FeedItem | undefined): FeedItem[] {
  const items = lists.flat().sort(laterFirst);
  return items.filter((item, i) => item.id !== items[i - 1]?.id && (!point || laterFirst(point, item) < 0));
}

/** Checks an item. @throws {CacheError} `E_INVALID_ARGUMENT` */
export function checkItem({ id, at }: FeedItem): FeedItem {
  mustBe(typeof id === 'string' && id !== '' && !id.startsWith('\0'), 'id', "a text that isn't empty", id);
  mustBe(Number.isSafeInteger(at) && at >= 0, 'at', 'a time in epoch milliseconds', at);
  return { id, at };
}

/** Text of the point behind an item. */
export const cursorOf = ({ id, at }: FeedItem): string => Buffer.from(JSON.stringify([at, id])).toString('base64url');

/** Point of a text that {@link cursorOf} made. @throws {CacheError} `E_INVALID_ARGUMENT` where it is none. */
export function pointOf(cursor: string): FeedItem {
  let parts: unknown;
  try {
    parts = JSON.parse(Buffer.from(cursor, 'base64url').toString());
  } catch {
    parts = undefined;
  }
  const [at, id] = Array.isArray(parts) ? parts : [];
  mustBe(Number.isSafeInteger(at) && at >= 0 && typeof id === 'string', 'cursor', 'that of a page', cursor);
  return { id, at };
}
