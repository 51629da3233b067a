import { checkOneOf, checkText, mustBe, wholeNumbers } from '../../arguments';
import type { Keys } from '../../connection/run-script';
import { hashSlot } from '../../shared/hash-slot';
import { patternKey } from '../keys';
import type { LeaderboardOptions } from './options';
import { LONGEST, type Period, type Span, spanAt } from './period';

const DEFAULTS = { maxScore: 0, shards: 1, maxMembers: 0, keepPeriods: 1, rememberSeconds: 600 };

/** Keys of a board's shards, and its scores as numbers of Redis. */
export class Scale {
  readonly numbers: typeof DEFAULTS;
  /** True where low scores are the better ones. */
  readonly low: boolean;
  readonly #options: LeaderboardOptions;
  readonly #period: Period;
  readonly #step: number;
  readonly #slots: number;
  readonly #later: 0 | 1;

  /** @throws {CacheError} `E_INVALID_ARGUMENT` where an option can't be used, or scores and times don't fit into a number. */
  constructor(options: LeaderboardOptions) {
    const { name, order = 'high-to-low', keep = 'best', period = 'week', ties } = options;
    this.numbers = wholeNumbers(DEFAULTS, options, ['maxMembers', 'keepPeriods']);
    checkText('name', name, /^[\w.-]+$/, "letters, digits, '-', '_' or '.'");
    checkOneOf('order', order, ['high-to-low', 'low-to-high']);
    checkOneOf('keep', keep, ['best', 'last']);
    checkOneOf('period', period, Object.keys(LONGEST));
    if (ties) checkOneOf('ties.first', ties.first, ['first', 'last']);
    const seconds = ties?.resolutionSeconds ?? 1;
    this.#step = seconds * 1000;
    mustBe(Number.isSafeInteger(this.#step) && this.#step > 0, 'ties.resolutionSeconds', 'whole milliseconds above 0', seconds);
    const slots = ties ? Math.ceil(LONGEST[period] / this.#step) : 1;
    // Redis is exact up to 2^53.
    const most = Math.floor(2 ** 53 / slots) - 1;
    const rule = `at most ${most} with ${slots} times of ${seconds} s in a ${period}; raise 'ties.resolutionSeconds' for more`;
    mustBe(this.numbers.maxScore <= most, 'maxScore', rule, this.numbers.maxScore);
    this.#options = options;
    this.#period = period;
    this.#slots = slots;
    this.low = order === 'low-to-high';
    this.#later = ties?.first === 'last' ? 1 : 0;
  }

  /** Period that a time lies in. @param at epoch milliseconds. */
  span(at: number): Span {
    return spanAt(this.#period, at);
  }

  /** Keys of each shard. */
  shards(span: Span): Keys[] {
    const { connection, name } = this.#options;
    return Array.from({ length: this.numbers.shards }, (_, shard) => {
      const key = (rest = '') => patternKey(connection.namespace, 'lb', name, `${name}:${span.name}:${shard}`, rest);
      return [key(), key(':new'), key(':ops')];
    });
  }

  /** Number of the shard that has a member. */
  shardOf(member: string): number {
    return hashSlot(member) % this.numbers.shards;
  }

  /** Keys of the shard that has a member. */
  keysOf(span: Span, member: string): Keys {
    return this.shards(span)[this.shardOf(member)] as Keys;
  }

  /** Arguments that scripts which write have in common; `later` is 1 where the later of equal scores is first. */
  writing({ from, to }: Span): [from: number, step: number, slots: number, later: 0 | 1, ends: number, most: number] {
    const { keepPeriods, maxMembers } = this.numbers;
    return [from, this.#step, this.#slots, this.#later, to + keepPeriods * LONGEST[this.#period], maxMembers];
  }

  /** Rating of a score, from 0; the greater is the better. */
  best(score: number): number {
    const { maxScore } = this.numbers;
    const fits = Number.isSafeInteger(score) && score >= 0 && score <= maxScore;
    mustBe(fits, 'score', `a whole number from 0 to ${maxScore}`, score);
    return this.low ? maxScore - score : score;
  }

  /** Score of a number. */
  score(number: number): number {
    const best = Math.floor(number / this.#slots);
    return this.low ? this.numbers.maxScore - best : best;
  }
}
