import { AwsError, type Clock } from '../types';
import { normalizePath } from './behaviors';
import type { Selector } from './store';
import { isTag } from './stored-object';

/**
 * Limits of CloudFront, for one distribution ("Concurrent invalidation request maximum"). Each path without a wildcard and each
 * tag is an item.
 */
export const MAX_ITEMS_IN_PROGRESS = 3000;
export const MAX_WILDCARDS_IN_PROGRESS = 15;

const MAX_PATH_CHARACTERS = 4000;

/**
 * Times that invalidations take. CloudFront's: effective in under 5 s and completed in under 25 s, both at P95 (What's New, April
 * 2026).
 */
export interface InvalidationTimes {
  /**
   * Median of the time until the objects are gone, in milliseconds. Each invalidation takes half to one and a half times as long.
   */
  readonly effectiveMs: number;
  /** Median of the time until the status is `Completed`, in milliseconds. */
  readonly completedMs: number;
}

export const DEFAULT_TIMES: InvalidationTimes = { effectiveMs: 1500, completedMs: 4000 };

/** Paths and tags that a caller asks to be dropped. */
export interface InvalidationBatch {
  readonly CallerReference: string;
  readonly Paths: { readonly Quantity: number; readonly Items: readonly string[] };
}

/** An invalidation as the API gives it. */
export interface Invalidation {
  readonly Id: string;
  readonly Status: 'InProgress' | 'Completed';
  readonly CreateTime: Date;
  readonly InvalidationBatch: InvalidationBatch;
}

/** Counters of invalidations, for tests and people. */
export interface InvalidationStats {
  /** Most items, and most wildcards, that were ever in progress at once. */
  readonly inProgressMax: number;
  readonly wildcardsMax: number;
  /** Items of all accepted invalidations, wildcards and tags included: what AWS would bill. */
  readonly acceptedItems: number;
}

interface Running {
  readonly id: string;
  readonly createTime: Date;
  readonly batch: InvalidationBatch;
  readonly items: number;
  readonly wildcards: number;
  completed: boolean;
}

/** Dependencies of Invalidations. */
export interface InvalidationsOptions {
  readonly times: InvalidationTimes;
  readonly clock: Clock;
  readonly random: () => number;
  /** Drops the objects; takes the invalidation too, as it is then. */
  readonly apply: (selector: Selector, invalidation: Invalidation) => void;
}

/** The invalidations of one distribution: accepted at once, effective later, completed later still. */
export class Invalidations {
  readonly #byReference = new Map<string, Running>();
  readonly #byId = new Map<string, Running>();
  readonly #timers = new Set<() => void>();
  #items = 0;
  #wildcards = 0;
  #inProgressMax = 0;
  #wildcardsMax = 0;
  #acceptedItems = 0;

  readonly #options: InvalidationsOptions;
  #times: InvalidationTimes;

  constructor(options: InvalidationsOptions) {
    this.#options = options;
    this.#times = options.times;
  }

  /** Sets the times of invalidations that are created from now on. @default times - those of the options */
  setTimes(times: Partial<InvalidationTimes> = {}): void {
    this.#times = { ...this.#options.times, ...times };
  }

  /**
   * Accepts an invalidation. The same caller reference with the same body gives the earlier one.
   *
   * @throws {AwsError} as the API: `InvalidArgument`, `InconsistentQuantities`, `InvalidationBatchAlreadyExists`,
   * `TooManyInvalidationsInProgress`.
   */
  create(batch: InvalidationBatch): Invalidation {
    const { selector, items, wildcards } = parseBatch(batch);
    const earlier = this.#byReference.get(batch.CallerReference);
    if (earlier) {
      if (JSON.stringify(earlier.batch.Paths.Items) === JSON.stringify(batch.Paths.Items)) return view(earlier);
      throw new AwsError(
        'InvalidationBatchAlreadyExists',
        `An invalidation batch with caller reference ${batch.CallerReference} and other paths already exists.`,
      );
    }
    if (this.#items + items > MAX_ITEMS_IN_PROGRESS || this.#wildcards + wildcards > MAX_WILDCARDS_IN_PROGRESS) {
      throw new AwsError(
        'TooManyInvalidationsInProgress',
        'Processing your request will cause you to exceed the maximum number of in-progress invalidations.',
      );
    }
    const running = this.#register(batch, items, wildcards);
    const { random, apply } = this.#options;
    const times = this.#times;
    const pace = 0.5 + random();
    const effectiveMs = times.effectiveMs * pace;
    this.#after(effectiveMs, () => apply(selector, view(running)));
    this.#after(Math.max(effectiveMs, times.completedMs * pace), () => this.#complete(running));
    return view(running);
  }

  /** @throws {AwsError} `NoSuchInvalidation`. */
  get(id: string): Invalidation {
    const running = this.#byId.get(id);
    if (!running) throw new AwsError('NoSuchInvalidation', 'The specified invalidation does not exist.', 404);
    return view(running);
  }

  /** The latest first. */
  list(): Invalidation[] {
    return [...this.#byId.values()].reverse().map(view);
  }

  stats(): InvalidationStats {
    return { inProgressMax: this.#inProgressMax, wildcardsMax: this.#wildcardsMax, acceptedItems: this.#acceptedItems };
  }

  /** Forgets what is still to happen. */
  dispose(): void {
    for (const cancel of this.#timers) cancel();
    this.#timers.clear();
  }

  #register(batch: InvalidationBatch, items: number, wildcards: number): Running {
    const id = `I${Math.floor(this.#options.random() * 36 ** 8)
      .toString(36)
      .padStart(8, '0')}${(this.#byId.size + 1).toString(36).padStart(5, '0')}`.toUpperCase();
    const running = { id, createTime: new Date(this.#options.clock.now()), batch, items, wildcards, completed: false };
    this.#byReference.set(batch.CallerReference, running);
    this.#byId.set(id, running);
    this.#items += items;
    this.#wildcards += wildcards;
    this.#inProgressMax = Math.max(this.#inProgressMax, this.#items);
    this.#wildcardsMax = Math.max(this.#wildcardsMax, this.#wildcards);
    this.#acceptedItems += items + wildcards;
    return running;
  }

  #complete(running: Running): void {
    running.completed = true;
    this.#items -= running.items;
    this.#wildcards -= running.wildcards;
  }

  #after(milliseconds: number, callback: () => void): void {
    const cancel = this.#options.clock.schedule(milliseconds, () => {
      this.#timers.delete(cancel);
      callback();
    });
    this.#timers.add(cancel);
  }
}

function view(running: Running): Invalidation {
  const Status = running.completed ? 'Completed' : 'InProgress';
  return { Id: running.id, Status, CreateTime: running.createTime, InvalidationBatch: running.batch };
}

/**
 * A batch in the form in which objects are compared with it, and what it counts.
 * @throws {AwsError} where the API would refuse it.
 */
export function parseBatch(batch: InvalidationBatch): { selector: Selector; items: number; wildcards: number } {
  const list = batch?.Paths?.Items ?? [];
  if (typeof batch?.CallerReference !== 'string' || batch.CallerReference === '') {
    throw new AwsError('InvalidArgument', 'The caller reference is missing.');
  }
  if (Number(batch.Paths?.Quantity) !== list.length) {
    throw new AwsError('InconsistentQuantities', "The value of Quantity and the size of Items don't match.");
  }
  if (list.length === 0) throw new AwsError('InvalidArgument', 'The invalidation batch contains no path.');
  if (list.length > MAX_ITEMS_IN_PROGRESS) {
    throw new AwsError('BatchTooLarge', `The invalidation batch contains more than ${MAX_ITEMS_IN_PROGRESS} paths.`, 413);
  }

  const urls = new Set<string>();
  const prefixes: string[] = [];
  const tags = new Set<string>();
  for (const item of list) {
    if (item.startsWith('#')) tags.add(parseTag(item));
    else if (item.endsWith('*')) prefixes.push(parsePath(item).slice(0, -1));
    else urls.add(parsePath(item));
  }
  const wildcards = prefixes.length;
  return { selector: { urls, prefixes, tags }, items: list.length - wildcards, wildcards };
}

function parsePath(item: string): string {
  const star = item.indexOf('*');
  const wrong =
    !item.startsWith('/') ||
    item.length > MAX_PATH_CHARACTERS ||
    (star >= 0 && star !== item.length - 1) ||
    // Non-ASCII and unsafe characters have to be percent-encoded (RFC 1738).
    /[^\x21-\x7e]|["<>\\^`{|}]/.test(item);
  if (wrong)
    throw new AwsError('InvalidArgument', `Your request contains one or more invalid invalidation paths: ${item.slice(0, 100)}`);
  const mark = item.indexOf('?');
  return mark < 0 ? normalizePath(item) : `${normalizePath(item.slice(0, mark))}${item.slice(mark)}`;
}

function parseTag(item: string): string {
  const tag = item.slice(1);
  if (!isTag(tag) || tag.includes('*')) {
    throw new AwsError('InvalidArgument', `Your request contains one or more invalid cache tags: ${item.slice(0, 100)}`);
  }
  return tag.toLowerCase();
}
