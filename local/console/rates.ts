import {
  ANSWERERS,
  type Answerer,
  type Figures,
  HISTORY_SECONDS,
  type RequestRow,
  type Second,
  TIERS,
  type Tier,
  type TierFigures,
  WINDOW_SECONDS,
} from './protocol';

/** Durations of one second and answerer that are kept; of more, every n-th. */
const SAMPLES = 250;

interface Bucket {
  /** By answerer, and by the tier that was asked: who asks the gateway has not come to the edge. */
  readonly answers: Map<Answerer, number>;
  readonly askedGateway: Map<Answerer, number>;
  readonly durations: Map<Answerer, number[]>;
  errors: number;
  stale: number;
}

/** Rates and durations by second. */
export class Rates {
  readonly #buckets = new Map<number, Bucket>();

  add(row: RequestRow): void {
    const bucket = this.#bucket(Math.floor((row.at + row.ms) / 1000));
    const by = row.answeredBy;
    const count = (bucket.answers.get(by) ?? 0) + 1;
    bucket.answers.set(by, count);
    if (row.asked === 'gateway') bucket.askedGateway.set(by, (bucket.askedGateway.get(by) ?? 0) + 1);
    if (row.status >= 500) bucket.errors += 1;
    const durations = bucket.durations.get(by) ?? [];
    bucket.durations.set(by, durations);
    if (durations.length < SAMPLES) durations.push(row.ms);
    else durations[count % SAMPLES] = row.ms;
  }

  /** Counts an answer that may be from before a purge. */
  addStale({ at, ms }: RequestRow): void {
    this.#bucket(Math.floor((at + ms) / 1000)).stale += 1;
  }

  /** Figures at a time, which is in the last second that is shown. */
  figures(now: number, missed: number): Figures {
    const last = Math.floor(now / 1000);
    const window = this.#between(last - WINDOW_SECONDS, last - 1);
    return {
      tiers: TIERS.map((tier) => figuresOf(tier, window)),
      history: Array.from({ length: HISTORY_SECONDS }, (_, index) => this.#second(last - HISTORY_SECONDS + index)),
      missed,
    };
  }

  #bucket(second: number): Bucket {
    let bucket = this.#buckets.get(second);
    if (!bucket) {
      bucket = { answers: new Map(), askedGateway: new Map(), durations: new Map(), errors: 0, stale: 0 };
      this.#buckets.set(second, bucket);
      for (const old of this.#buckets.keys()) if (old < second - HISTORY_SECONDS) this.#buckets.delete(old);
    }
    return bucket;
  }

  #between(first: number, last: number): Bucket[] {
    return Array.from({ length: last - first + 1 }, (_, index) => this.#buckets.get(first + index)).filter(
      (one) => one !== undefined,
    );
  }

  #second(second: number): Second {
    const bucket = this.#buckets.get(second);
    const durations = sorted(bucket ? [...bucket.durations.values()].flat() : []);
    return {
      second,
      answers: ANSWERERS.map((answerer) => bucket?.answers.get(answerer) ?? 0),
      errors: bucket?.errors ?? 0,
      stale: bucket?.stale ?? 0,
      ...quantiles(durations),
    };
  }
}

function figuresOf(tier: Tier, window: readonly Bucket[]): TierFigures {
  const depth = TIERS.indexOf(tier);
  let [arrived, answered] = [0, 0];
  for (const { answers, askedGateway } of window) {
    answered += answers.get(tier) ?? 0;
    for (const inner of ANSWERERS) {
      // What doesn't say from which tier it answered has come past the gateway, and no further that anybody knows.
      const reached = inner === 'refused' ? -1 : inner === 'origin' ? 1 : TIERS.indexOf(inner);
      if (reached >= depth) arrived += (answers.get(inner) ?? 0) - (tier === 'edge' ? (askedGateway.get(inner) ?? 0) : 0);
    }
  }
  return {
    tier,
    arrivedPerSecond: arrived / WINDOW_SECONDS,
    answeredPerSecond: answered / WINDOW_SECONDS,
    ...(arrived > 0 && { hitRatio: answered / arrived }),
    ...quantiles(sorted(window.flatMap(({ durations }) => durations.get(tier) ?? []))),
  };
}

const sorted = (values: number[]): number[] => values.sort((a, b) => a - b);

function quantiles(durations: readonly number[]): { readonly p50?: number; readonly p95?: number } {
  if (durations.length === 0) return {};
  const at = (share: number) => durations[Math.min(durations.length - 1, Math.floor(durations.length * share))]!;
  return { p50: at(0.5), p95: at(0.95) };
}
