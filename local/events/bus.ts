import { logNormal } from '../host/random';
import type { ProductContext } from '../types';
import type { BusEvent } from './bus-event';
import type { Delivery, RuleStats } from './delivery';
import type { Rule, RuleTarget } from './rule';

/** Latency, duplicates and order of deliveries, within what EventBridge allows. */
export interface DeliveryOptions {
  /** Median of the time from an event to its delivery, in milliseconds. By default 80. */
  readonly latencyMs?: number;
  /** Probability of a second delivery; AWS says only "at least once". @default 0.005 */
  readonly duplicateProbability?: number;
  /** True where a later event may overtake an earlier one, as in AWS. @default true */
  readonly reorder?: boolean;
}

/** Amazon Key reports 80 ms from end to end (AWS Architecture Blog, February 2026). */
const DEFAULT_LATENCY_MS = 80;

const DEFAULT_DUPLICATE_PROBABILITY = 0.005;

/** Spread of the latency: with a median of 80 ms, 95 % of the deliveries take at most 250 ms. */
const SIGMA = 0.69;

const NOTHING: RuleStats = {
  matched: 0,
  delivered: 0,
  duplicates: 0,
  reordered: 0,
  retried: 0,
  deadLettered: 0,
  dropped: 0,
};

/** Matches events against the rules of all buses and hands them on, late, sometimes twice, and in no order. */
export class Buses {
  readonly #rules: readonly Rule[];
  readonly #options: DeliveryOptions;
  #delivered: DeliveryOptions;
  readonly #delivery: Delivery;
  readonly #context: Pick<ProductContext, 'clock' | 'random'>;
  readonly #stats = new Map<string, RuleStats>();
  /** Due time of the last delivery to each target. */
  readonly #lastDue = new Map<RuleTarget, number>();

  constructor(
    rules: readonly Rule[],
    options: DeliveryOptions,
    delivery: Delivery,
    context: Pick<ProductContext, 'clock' | 'random'>,
  ) {
    this.#rules = rules;
    this.#options = options;
    this.#delivered = options;
    this.#delivery = delivery;
    this.#context = context;
    for (const rule of rules) this.#stats.set(rule.arn, { ...NOTHING });
  }

  /** Sets how events are delivered that come from now on. @default options - as at the start */
  setDelivery(options: DeliveryOptions = {}): void {
    this.#delivered = { ...this.#options, ...options };
  }

  /** Gives an event to every rule of the bus that matches it. */
  publish(bus: string, event: BusEvent): void {
    for (const rule of this.#rules) {
      if (rule.bus === bus && rule.enabled && rule.matches?.(event)) this.fire(rule, event);
    }
  }

  /** Gives an event to the targets of one rule. */
  fire(rule: Rule, event: BusEvent): void {
    const stats = this.#stats.get(rule.arn)!;
    stats.matched += 1;
    for (const target of rule.targets) {
      this.#schedule(rule, target, event, stats);
      const twice = this.#context.random() < (this.#delivered.duplicateProbability ?? DEFAULT_DUPLICATE_PROBABILITY);
      if (!twice) continue;
      stats.duplicates += 1;
      this.#schedule(rule, target, event, stats);
    }
  }

  /** By name of the rule. */
  report(): Record<string, RuleStats> {
    return Object.fromEntries(this.#rules.map(({ name, arn }) => [name, { ...this.#stats.get(arn)! }]));
  }

  #schedule(rule: Rule, target: RuleTarget, event: BusEvent, stats: RuleStats): void {
    const now = this.#context.clock.now();
    let due = now + logNormal(this.#delivered.latencyMs ?? DEFAULT_LATENCY_MS, SIGMA, this.#context.random);
    const last = this.#lastDue.get(target) ?? 0;
    if (this.#delivered.reorder === false) due = Math.max(due, last);
    if (due < last) stats.reordered += 1;
    else this.#lastDue.set(target, due);
    this.#delivery.after(due - now, () => this.#delivery.deliver(rule, target, event, stats));
  }
}
