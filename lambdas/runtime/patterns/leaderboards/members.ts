import { checkText, mustBe } from '../../arguments';

/** Members and their numbers, in turn, as Redis replies them. */
export type Flat = readonly string[];

/** Member of a shard, with its number. */
export interface Ranked {
  readonly member: string;
  readonly number: number;
  readonly shard: number;
}

/** Place behind a member of a page. */
interface Point {
  readonly number: number;
  readonly shard: number;
  readonly member: string;
}

/** Checks the name of a member. @throws {CacheError} `E_INVALID_ARGUMENT` */
export function checkMember(member: string): string {
  checkText('member', member, /^.{1,256}$/s, 'a text of 1 to 256 characters');
  return member;
}

/** Members of a reply. */
export function rankedOf(flat: Flat, shard: number): Ranked[] {
  return Array.from({ length: flat.length / 2 }, (_, i) => ({ member: flat[2 * i]!, number: Number(flat[2 * i + 1]), shard }));
}

/** Members of several shards, each in order, in one order: by number, then by shard; within a shard as they are. */
export function merge(lists: readonly (readonly Ranked[])[]): readonly Ranked[] {
  // A stable sort keeps equals of one shard in their order.
  return lists.flat().sort((a, b) => b.number - a.number || a.shard - b.shard);
}

/** Text of a place behind a member. */
export function cursorOf({ number, shard, member }: Ranked): string {
  return Buffer.from(JSON.stringify([number, shard, member])).toString('base64url');
}

/** Place of a text that {@link cursorOf} made. @throws {CacheError} `E_INVALID_ARGUMENT` where it is none. */
export function pointOf(cursor: string): Point {
  try {
    const [number, shard, member] = JSON.parse(Buffer.from(cursor, 'base64url').toString());
    if (Number.isSafeInteger(number) && Number.isSafeInteger(shard) && typeof member === 'string')
      return { number, shard, member };
  } catch {
    // Anything else is none.
  }
  return mustBe(false, 'cursor', 'that of a page', cursor) as never;
}
