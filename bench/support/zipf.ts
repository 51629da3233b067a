import type { Random } from '../consistency/random';

/** Ranks from 1 on, each as often as 1 / rank ^ exponent. */
export class Zipf {
  readonly #cumulated: Float64Array;

  constructor(
    readonly count: number,
    readonly exponent = 1,
  ) {
    this.#cumulated = new Float64Array(count);
    let sum = 0;
    for (let rank = 1; rank <= count; rank++) {
      sum += rank ** -exponent;
      this.#cumulated[rank - 1] = sum;
    }
  }

  /** @returns a rank from 1 to `count`. */
  next(random: Random): number {
    const cumulated = this.#cumulated;
    const wanted = random.next() * cumulated[cumulated.length - 1]!;
    let low = 0;
    let high = cumulated.length - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (cumulated[middle]! > wanted) high = middle;
      else low = middle + 1;
    }
    return low + 1;
  }
}

/** Ids in an order that a seed repeats, so that what is popular isn't what was made first. */
export function shuffled(count: number, random: Random): Int32Array {
  const ids = Int32Array.from({ length: count }, (_, index) => index + 1);
  for (let last = count - 1; last > 0; last--) {
    const other = Math.floor(random.next() * (last + 1));
    [ids[last], ids[other]] = [ids[other]!, ids[last]!];
  }
  return ids;
}
