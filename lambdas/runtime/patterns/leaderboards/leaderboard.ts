import { mustBe, wholeNumbers } from '../../arguments';
import { type Keys, readCommand, runReplicated, runScript } from '../../connection/run-script';
import { invalid } from '../../errors';
import { counted, measured } from '../meter';
import type { PatternMeter } from '../metrics';
import { checkMember, cursorOf, type Flat, merge, pointOf, type Ranked, rankedOf } from './members';
import type { Counted, Entry, LeaderboardOptions, Page, Position } from './options';
import type { Span } from './period';
import { Scale } from './scale';
import { INCREMENT, RANK, REMOVE, SLICE, SUBMIT } from './scripts';

/** Reply of {@link SLICE}. */
type Slice = [before: number, total: number, around: Flat];

/**
 * Board of the best of a period. Equal scores are in the order of time, because a score's number in Redis carries the time in the
 * places below it; every board ends by itself.
 */
export class Leaderboard {
  readonly #options: LeaderboardOptions;
  readonly #scale: Scale;
  readonly #at: number | undefined;
  readonly #meter: PatternMeter | undefined;

  /**
   * @param at time in the period that is meant, in epoch milliseconds; without it, the one of each operation.
   * @throws {CacheError} `E_INVALID_ARGUMENT` where an option can't be used, or scores and times don't fit into a number.
   */
  constructor(options: LeaderboardOptions, at?: number) {
    this.#options = options;
    this.#scale = new Scale(options);
    this.#at = at;
    this.#meter = options.metrics?.meter('leaderboards', options.name);
  }

  /** The same board in another period. */
  at(date: Date): Leaderboard {
    const at = date.getTime();
    mustBe(Number.isFinite(at), 'date', 'a date', date);
    return new Leaderboard(this.#options, at);
  }

  /**
   * Submits a member's score.
   *
   * @throws {CacheError} `E_SHARED_UNAVAILABLE`; it may be repeated.
   */
  submit(member: string, score: number): Promise<Counted> {
    return measured(this.#meter, async () => {
      const span = this.#span();
      const best = this.#scale.best(score);
      const keep = this.#options.keep === 'last' ? 'CH' : 'GT';
      const args = [checkMember(member), best, keep, ...this.#scale.writing(span)];
      const { reply, replicated } = await this.#write<number>(SUBMIT, this.#scale.keysOf(span, member), args);
      return { changed: reply === 1, replicated };
    });
  }

  /**
   * Adds to a member's score, which begins at 0.
   *
   * @param operationId id by which a repetition is known for `rememberSeconds`, so that it is counted once for the member: one id
   * may be that of additions to several.
   * @returns the score, and whether it was changed.
   * @throws {CacheError} `E_INVALID_ARGUMENT` where the sum is below 0 or above `maxScore`; `E_SHARED_UNAVAILABLE`, which may be
   * repeated with the same `operationId`.
   */
  increment(
    member: string,
    delta: number,
    { operationId = '' }: { readonly operationId?: string } = {},
  ): Promise<Counted & { readonly score: number }> {
    return measured(this.#meter, async () => {
      mustBe(Number.isSafeInteger(delta), 'delta', 'a whole number', delta);
      const span = this.#span();
      const { maxScore, rememberSeconds } = this.#scale.numbers;
      const name = checkMember(member);
      const id = operationId && `${name.length} ${name}${operationId}`;
      const counting = [name, delta, id, rememberSeconds * 1000, maxScore, this.#scale.low ? 1 : 0];
      const keys = this.#scale.keysOf(span, member);
      const answer = await this.#write<[number, number]>(INCREMENT, keys, [...counting, ...this.#scale.writing(span)]);
      const [done, score] = answer.reply;
      if (done < 0) {
        counted(this.#meter, 'Denied');
        throw invalid(`a score must be from 0 to ${maxScore}, got: ${score} and ${delta} more`);
      }
      if (done === 0) counted(this.#meter, 'Duplicates');
      return { changed: done === 1, score, replicated: answer.replicated };
    });
  }

  /** Best members, in order. @throws {CacheError} `E_SHARED_UNAVAILABLE` */
  async top(count: number): Promise<Entry[]> {
    return measured(this.#meter, async () => {
      wholeNumbers({ count: 0 }, { count });
      const { connection } = this.#options;
      const keys = this.#scale.shards(this.#span());
      const flats = keys.map(([key]) => readCommand(connection, key, (node) => node.zrevrange(key, 0, count - 1, 'WITHSCORES')));
      return this.#ranked(merge((await Promise.all(flats)).map((flat, shard) => rankedOf(flat, shard))).slice(0, count), 1);
    });
  }

  /**
   * Place of a member, and its neighbours. With one shard it is a snapshot.
   *
   * @param around neighbours on each side; by default none.
   * @returns undefined for one that isn't on the board.
   * @throws {CacheError} `E_SHARED_UNAVAILABLE`
   */
  rank(member: string, { around = 0 }: { readonly around?: number } = {}): Promise<Position | undefined> {
    return measured(this.#meter, async () => {
      wholeNumbers({ around: 0 }, { around }, ['around']);
      const keys = this.#scale.shards(this.#span());
      const own = this.#scale.shardOf(checkMember(member));
      type Reply = [before: number, number: string, total: number, around: Flat] | null;
      const reply = await this.#read<Reply>(RANK, keys[own]!, [member, around]);
      if (!reply) return undefined;
      let [before, number, total] = reply;
      const lists = [rankedOf(reply[3], own)];
      // Equals of an earlier shard come first.
      const others = keys.map((each, shard) =>
        shard === own
          ? undefined
          : this.#read<Slice>(SLICE, each, [number, shard < own ? 'after' : 'before', '', around, around]),
      );
      for (const [shard, slice] of (await Promise.all(others)).entries()) {
        if (!slice) continue;
        before += slice[0];
        total += slice[1];
        lists.push(rankedOf(slice[2], shard));
      }
      const merged = merge(lists);
      const index = merged.findIndex((each) => each.member === member);
      const first = Math.max(0, index - around);
      const shown = this.#ranked(merged.slice(first, index + around + 1), before + 1 - (index - first));
      return { rank: before + 1, score: this.#scale.score(Number(number)), total, around: shown };
    });
  }

  /**
   * Members behind those of another page. Nobody who keeps a place is left out or repeated, whatever happens to others.
   *
   * @param cursor `cursor` of the page before; the first one without it.
   * @param limit members of a page; by default 50.
   * @throws {CacheError} `E_INVALID_ARGUMENT` where the cursor is none; `E_SHARED_UNAVAILABLE`
   */
  page(cursor?: string, { limit = 50 }: { readonly limit?: number } = {}): Promise<Page> {
    return measured(this.#meter, async () => {
      wholeNumbers({ limit: 0 }, { limit });
      const from = cursor === undefined ? undefined : pointOf(cursor);
      const slices = this.#scale.shards(this.#span()).map((keys, shard) => {
        const { number = '+inf', shard: own = -1, member = '' } = from ?? {};
        const where = shard === own ? 'at' : shard < own ? 'after' : 'before';
        return this.#read<Slice>(SLICE, keys, [number, where, member, 0, limit]);
      });
      let before = 0;
      const lists: Ranked[][] = [];
      for (const [shard, slice] of (await Promise.all(slices)).entries()) {
        before += slice[0];
        lists.push(rankedOf(slice[2], shard));
      }
      const shown = merge(lists).slice(0, limit);
      const last = shown.length === limit ? shown.at(-1) : undefined;
      const entries = this.#ranked(shown, before + 1);
      return { entries, ...(last && { cursor: cursorOf(last) }) };
    });
  }

  /** Takes a member off the board. @returns false where it wasn't on it. @throws {CacheError} `E_SHARED_UNAVAILABLE` */
  remove(member: string): Promise<boolean> {
    return measured(this.#meter, async () => {
      const keys = this.#scale.keysOf(this.#span(), checkMember(member));
      return (await runScript<number>(this.#options.connection, REMOVE, keys, [member])) === 1;
    });
  }

  /** Period that an operation is of. */
  #span(): Span {
    return this.#scale.span(this.#at ?? this.#options.connection.now());
  }

  async #write<T>(script: typeof SUBMIT, keys: Keys, args: (string | number)[]): Promise<{ reply: T; replicated: boolean }> {
    const { connection, waitForReplica = false } = this.#options;
    if (waitForReplica) return (await runReplicated(connection, script, keys, args)) as { reply: T; replicated: boolean };
    return { reply: await runScript<T>(connection, script, keys, args), replicated: false };
  }

  #read<T>(script: typeof RANK, keys: Keys, args: (string | number)[]): Promise<T> {
    return runScript<T>(this.#options.connection, script, [keys[0]], args, { readOnly: true });
  }

  #ranked(members: readonly Ranked[], first: number): Entry[] {
    return members.map(({ member, number }, index) => ({ member, score: this.#scale.score(number), rank: first + index }));
  }
}
