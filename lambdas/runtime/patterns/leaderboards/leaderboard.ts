import { randomUUID } from 'node:crypto';
import { checkOneOf, checkText, mustBe, wholeNumbers } from '../../arguments';
import { type Keys, readCommand, runReplicated, runScript } from '../../connection/run-script';
import { invalid } from '../../errors';
import { hashSlot } from '../../shared/hash-slot';
import { patternKey } from '../keys';
import { counted, measured } from '../meter';
import type { PatternMeter } from '../metrics';
import { checkMember, cursorOf, type Flat, merge, pointOf, type Ranked, rankedOf } from './members';
import type { Counted, Entry, KnownScore, LeaderboardOptions, Page, Position, Rebuilt } from './options';
import { LONGEST, type Period, type Span, spanAt } from './period';
import { ADD, BEGIN, INCREMENT, PUBLISH, RANK, REMOVE, SLICE, SUBMIT } from './scripts';

/** Reply of {@link SLICE}. */
type Slice = [before: number, total: number, around: Flat];

const DEFAULTS = { maxScore: 0, shards: 1, maxMembers: 0, keepPeriods: 1, rememberSeconds: 600 };

/** Members that are sent in one script while a board is rebuilt. */
const BATCH = 500;

/**
 * Board of the best of a period. Equal scores are in the order of time, because a score's number in Redis carries the time in the
 * places below it; every board ends by itself.
 */
export class Leaderboard {
  readonly #options: LeaderboardOptions;
  readonly #numbers: typeof DEFAULTS;
  readonly #period: Period;
  readonly #step: number;
  readonly #slots: number;
  readonly #low: boolean;
  readonly #later: '0' | '1';
  readonly #at: number | undefined;
  readonly #meter: PatternMeter | undefined;

  /**
   * @param at time in the period that is meant, in epoch milliseconds; without it, the one of each operation.
   * @throws {CacheError} `E_INVALID_ARGUMENT` where an option can't be used, or scores and times don't fit into a number.
   */
  constructor(options: LeaderboardOptions, at?: number) {
    const { name, order = 'high-to-low', keep = 'best', period = 'week', ties } = options;
    this.#numbers = wholeNumbers(DEFAULTS, options, ['maxMembers', 'keepPeriods']);
    checkText('name', name, /^[\w.-]+$/, "letters, digits, '-', '_' or '.'");
    checkOneOf('order', order, ['high-to-low', 'low-to-high']);
    checkOneOf('keep', keep, ['best', 'last']);
    checkOneOf('period', period, Object.keys(LONGEST));
    if (ties) checkOneOf('ties.first', ties.first, ['first', 'last']);
    const seconds = ties?.resolutionSeconds ?? 1;
    this.#step = seconds * 1000;
    mustBe(Number.isSafeInteger(this.#step) && this.#step > 0, 'ties.resolutionSeconds', 'whole milliseconds above 0', seconds);
    this.#slots = ties ? Math.ceil(LONGEST[period] / this.#step) : 1;
    const { maxScore } = this.#numbers;
    if ((maxScore + 1) * this.#slots > 2 ** 53) {
      throw invalid(
        `'maxScore' ${maxScore} with ${this.#slots} times of ${seconds} s in a ${period} needs numbers up to ` +
          `${(maxScore + 1) * this.#slots}, and Redis is exact up to 2^53 (${2 ** 53}): lower 'maxScore' to ` +
          `${Math.floor(2 ** 53 / this.#slots) - 1} or raise 'ties.resolutionSeconds'`,
      );
    }
    this.#options = options;
    this.#period = period;
    this.#low = order === 'low-to-high';
    this.#later = ties?.first === 'last' ? '1' : '0';
    this.#at = at;
    this.#meter = options.metrics?.meter('leaderboards', name);
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
      const best = this.#best(score);
      const keep = this.#options.keep === 'last' ? '' : 'GT';
      const args = [checkMember(member), best, keep, ...this.#writing(span)];
      const { reply, replicated } = await this.#write<number>(SUBMIT, this.#keys(span, this.#shardOf(member)), args);
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
      const { maxScore, rememberSeconds } = this.#numbers;
      const name = checkMember(member);
      const id = operationId && `${name.length} ${name}${operationId}`;
      const counting = [name, delta, id, rememberSeconds * 1000, maxScore, this.#low ? '1' : '0'];
      const keys = this.#keys(span, this.#shardOf(member));
      const answer = await this.#write<[number, number]>(INCREMENT, keys, [...counting, ...this.#writing(span)]);
      const [done, score] = answer.reply;
      if (done < 0) {
        counted(this.#meter, 'Denied');
        throw invalid(`the score of a member must be from 0 to ${maxScore}, got: ${score} and ${delta} more`);
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
      const keys = this.#shards(this.#span());
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
      const keys = this.#shards(this.#span());
      const own = this.#shardOf(checkMember(member));
      type Reply = [before: number, number: string, total: number, around: Flat] | null;
      const reply = await this.#read<Reply>(RANK, keys[own]!, [member, around]);
      if (!reply) return undefined;
      let [before, number, total] = reply;
      const lists = [rankedOf(reply[3], own)];
      // Equals of an earlier shard come first.
      const others = keys.map((each, shard) =>
        shard === own ? undefined : this.#slice(each, [number, shard < own ? 'after' : 'before', '', around, around]),
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
      return { rank: before + 1, score: this.#score(Number(number)), total, around: shown };
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
      const slices = this.#shards(this.#span()).map((keys, shard) => {
        const { number = '+inf', shard: own = -1, member = '' } = from ?? {};
        const where = shard === own ? 'at' : shard < own ? 'after' : 'before';
        return this.#slice(keys, [number, where, member, 0, limit]);
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
      return last ? { entries, cursor: cursorOf(last) } : { entries };
    });
  }

  /** Takes a member off the board. @returns false where it wasn't on it. @throws {CacheError} `E_SHARED_UNAVAILABLE` */
  remove(member: string): Promise<boolean> {
    return measured(this.#meter, async () => {
      const keys = this.#keys(this.#span(), this.#shardOf(checkMember(member)));
      return (await runScript<number>(this.#options.connection, REMOVE, keys, [member])) === 1;
    });
  }

  /**
   * Makes the board anew, from the database that has the scores. Readers see the old one until all of the new one is there. What
   * is submitted meanwhile is in both; what is added by {@link increment} meanwhile may be lost.
   *
   * @param scores members, their scores, and when they reached them, in epoch milliseconds.
   * @throws {CacheError} `E_SHARED_UNAVAILABLE`, which leaves the board as it was.
   */
  rebuild(scores: AsyncIterable<KnownScore> | Iterable<KnownScore>): Promise<Rebuilt> {
    return measured(this.#meter, async () => {
      const span = this.#span();
      const shards = this.#shards(span);
      const mark = ` ${randomUUID()}`;
      const keep = this.#options.keep === 'last' ? 'NX' : 'GT';
      const batches: (string | number)[][] = shards.map(() => []);
      const { connection } = this.#options;
      const send = async (shard: number): Promise<boolean> => {
        const batch = batches[shard]!.splice(0);
        return batch.length === 0 || (await runScript(connection, ADD, shards[shard]!, [mark, keep, ...batch])) === 1;
      };
      await Promise.all(shards.map((keys) => runScript(connection, BEGIN, keys, [mark])));
      let entries = 0;
      for await (const { member, score, at } of scores) {
        const shard = this.#shardOf(checkMember(member));
        entries++;
        const size = batches[shard]!.push(this.#number(score, at ?? span.to, span), member);
        if (size >= 2 * BATCH && !(await send(shard))) return { entries, published: false };
      }
      const sent = await Promise.all(shards.map((_, shard) => send(shard)));
      if (sent.includes(false)) return { entries, published: false };
      const args = [mark, this.#ends(span), this.#numbers.maxMembers];
      const published = await Promise.all(shards.map((keys) => runScript<number>(connection, PUBLISH, keys, args)));
      return { entries, published: !published.includes(0) };
    });
  }

  /** Period that an operation is of. */
  #span(): Span {
    return spanAt(this.#period, this.#at ?? this.#options.connection.now());
  }

  #keys({ name }: Span, shard: number): Keys {
    const { connection, name: board } = this.#options;
    const key = (rest = '') => patternKey(connection.namespace, 'lb', board, `${board}:${name}:${shard}`, rest);
    return [key(), key(':new'), key(':ops')];
  }

  #shards(span: Span): Keys[] {
    return Array.from({ length: this.#numbers.shards }, (_, shard) => this.#keys(span, shard));
  }

  #shardOf(member: string): number {
    const { shards } = this.#numbers;
    return shards === 1 ? 0 : hashSlot(member) % shards;
  }

  /** End of a period's keys, in epoch milliseconds. */
  #ends({ to }: Span): number {
    return to + this.#numbers.keepPeriods * LONGEST[this.#period];
  }

  /** Arguments that scripts which write have in common. */
  #writing(span: Span): (string | number)[] {
    return [span.from, this.#step, this.#slots, this.#later, this.#ends(span), this.#numbers.maxMembers];
  }

  async #write<T>(script: typeof SUBMIT, keys: Keys, args: (string | number)[]): Promise<{ reply: T; replicated: boolean }> {
    const { connection, waitForReplica = false } = this.#options;
    if (waitForReplica) return (await runReplicated(connection, script, keys, args)) as { reply: T; replicated: boolean };
    return { reply: await runScript<T>(connection, script, keys, args), replicated: false };
  }

  #read<T>(script: typeof RANK, keys: Keys, args: (string | number)[]): Promise<T> {
    return runScript<T>(this.#options.connection, script, [keys[0]], args, { readOnly: true });
  }

  #slice(keys: Keys, args: (string | number)[]): Promise<Slice> {
    return this.#read<Slice>(SLICE, keys, args);
  }

  /** Rating of a score, from 0; the greater is the better. */
  #best(score: number): number {
    const { maxScore } = this.#numbers;
    const fits = Number.isSafeInteger(score) && score >= 0 && score <= maxScore;
    mustBe(fits, 'score', `a whole number from 0 to ${maxScore}`, score);
    return this.#low ? maxScore - score : score;
  }

  /** Number of a score that was reached at a time. */
  #number(score: number, at: number, { from }: Span): number {
    const tick = Math.max(0, Math.min(this.#slots - 1, Math.floor((at - from) / this.#step)));
    return this.#best(score) * this.#slots + (this.#later === '1' ? tick : this.#slots - 1 - tick);
  }

  /** Score of a number. */
  #score(number: number): number {
    const best = Math.floor(number / this.#slots);
    return this.#low ? this.#numbers.maxScore - best : best;
  }

  #ranked(members: readonly Ranked[], first: number): Entry[] {
    return members.map(({ member, number }, index) => ({ member, score: this.#score(number), rank: first + index }));
  }
}
