import type { Route, RouteParameters } from '../../../lib/route';
import type { Cache } from '../../runtime/cache';
import type { Clock } from '../../runtime/clock';
import type { Popularity, WarmPlanOptions } from '../../runtime/patterns/popularity';
import type { Handle } from '../../runtime/versions/postgres';

/** A key that is worth being read again as soon as it was purged. */
export interface WarmKey {
  /** Route of the key. */
  readonly route: Route;
  /** Parameters of the route, as the handler makes its key of them. */
  readonly parameters: RouteParameters;
  /** Loads the value, as the route's handler does. */
  load(handle: Handle): Promise<unknown>;
}

/** A route of which is warmed what a plan says. */
export interface WarmRoute {
  /** Route, under whose name {@link Popularity.count} counts reads. */
  readonly route: Route;
  /** Plan, as `warmPlan` takes it. */
  readonly plan: Omit<WarmPlanOptions, 'now'>;
  /** Parameters of an id that was counted. */
  parameters(id: string): RouteParameters;
  /** Loads the value of an id, as the route's handler does. */
  load(handle: Handle, id: string): Promise<unknown>;
}

/** Options of a warmer. */
export interface WarmerOptions {
  /** Cache that the keys are read through, which fills the shared tier. */
  readonly cache: Pick<Cache<Handle>, 'getOrSet'>;

  /** Keys, at most 200: the hottest only. */
  readonly keys: readonly WarmKey[];

  /**
   * Routes of which is warmed what was read most, by time of day or what is likely to be, on a schedule, after a deployment, and
   * after a failover of the shared tier.
   * @default - the keys alone
   */
  readonly routes?: readonly WarmRoute[];

  /**
   * Lists of what was read most of each route.
   * @default - none; `routes` need it
   */
  readonly popularity?: Popularity;

  /**
   * Loads a second of one invocation: what reaches the database of a purge of everything.
   * @default 10
   */
  readonly readsPerSecond?: number;

  /**
   * Time after which a run that no purge has caused begins no more, in seconds; less than the timeout of the function. The next
   * run goes on with what it left.
   * @default 20
   */
  readonly runSeconds?: number;

  /**
   * Clock; for tests.
   * @default - the system clock
   */
  readonly clock?: Clock;
}
