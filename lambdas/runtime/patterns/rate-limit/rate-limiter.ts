import type { LimitAlgorithm } from '../../../../lib/route';
import { checkNumber, checkOneOf, checkText, mustBe, wholeNumbers } from '../../arguments';
import type { RedisConnection } from '../../connection/redis-connection';
import { runScript, writeCommand } from '../../connection/run-script';
import { ignored, isUnavailable } from '../../errors';
import { patternKey } from '../keys';
import { BUCKETS } from '../limit-scripts';
import { counted, measured, type PatternMeter } from '../meter';
import type { PatternMetrics } from '../metrics';
import type { Decision } from './decision';
import { LocalLimiter } from './local-limiter';
import { Recent } from './recent';
import { SCRIPTS } from './scripts';

/**
 * Algorithm of a limit, for any interval and across processes:
 *
 * - `gcra` admits at most `burst + t * limit / window` in any time t;
 * - `sliding-window` at most `limit` in any window, and at least ten elevenths of it;
 * - `sliding-log` exactly `limit` in any window, with a log of each admission, so of at most 1000;
 * - `fixed-window` at most `limit` in each aligned window, so up to twice as many across an edge.
 */
export type Algorithm = LimitAlgorithm;

/** Options of a {@link RateLimiter}. */
export interface RateLimiterOptions {
  /** Connection to the shared tier. */
  readonly connection: RedisConnection;
  /** Name in keys, metrics and headers: lower case letters, digits and dashes. */
  readonly name: string;
  /** Algorithm of the limit. */
  readonly algorithm: Algorithm;
  /** Requests that are admitted in a window; at most 1000 with `sliding-log`. */
  readonly limit: number;
  /** Window, in seconds; `fixed-window` aligns it to the epoch, so that days begin at midnight UTC. */
  readonly windowSeconds: number;
  /**
   * Requests that `gcra` admits at once.
   * @default - the limit
   */
  readonly burst?: number;
  /**
   * Decision while the shared tier can't answer: `allow`; `deny`, as for logins; or `local`, a limiter of this process. There is
   * no default, since none is safe.
   */
  readonly onUnavailable: 'allow' | 'deny' | 'local';
  /**
   * Share of the limit that each process admits by itself with `local`, at least one request: 1 divided by the number of
   * processes keeps the limit.
   * @default 0.1
   */
  readonly localShare?: number;
  /**
   * Requests that are taken of the shared tier at once, for keys that are hot; of the two windows only. A process uses them while
   * they count, so that never more than the limit is admitted, and less where some aren't used.
   * @default 1
   */
  readonly leaseSize?: number;
  /**
   * Receiver of the counts.
   * @default - nobody counts
   */
  readonly metrics?: PatternMetrics;
}

/** Options of one request. */
export interface ClaimOptions {
  /**
   * Requests that it counts for.
   * @default 1
   */
  readonly cost?: number;
  /**
   * Limit of this key, such as that of a tenant's plan; 0 denies. `gcra` has it as its burst, too.
   * @default - the limiter's
   */
  readonly limit?: number;
}

/** Limit of a key that {@link consumeAll} consumes of. */
export interface Claim {
  /** Takes the cost. */
  take(): Promise<Taken>;
}

/** Decision that can be taken back. */
export interface Taken {
  /** The decision. */
  readonly decision: Decision;
  /** Gives back what was taken, where something was; it may have an effect once, or none. */
  giveBack(): Promise<void>;
}

/** Reply of a script. */
type Reply = readonly [
  granted: number,
  remaining: number,
  retryAfterMs: number,
  resetAfterMs: number,
  mark?: string,
  before?: string,
  leaseUs?: number,
];

/** Longest time for which a denied key is remembered, in milliseconds. */
const MOST_DENIED_MS = 1000;
/** Time after which it is worth to ask again while the shared tier can't answer, in milliseconds. */
const UNAVAILABLE_MS = 1000;

/** Requests that a process has taken of the shared tier and not used yet. */
interface Lease {
  left: number;
  /** Number that the shared tier had left besides. */
  readonly remaining: number;
  /** Time until which they count for now. */
  readonly until: number;
  readonly decision: Decision;
}

/** Numbers of one request. */
interface Asked {
  readonly id: string;
  readonly key: string;
  readonly cost: number;
  readonly limit: number;
  /** Largest cost that can ever be admitted. */
  readonly most: number;
  /** Microseconds of the algorithm. */
  readonly width: number;
}

/**
 * Limiter whose limits hold across processes. All of a key is one key of the shared tier, and each decision one script there, by
 * its clock: what is checked is taken in the same step, and what is denied takes nothing.
 */
export class RateLimiter {
  /** Name of the limiter. */
  readonly name: string;
  readonly #options: RateLimiterOptions;
  readonly #widthUs: number;
  readonly #localShare: number;
  readonly #leaseSize: number;
  readonly #meter: PatternMeter | undefined;
  readonly #local: LocalLimiter;
  readonly #denied = new Recent<{ readonly asked: Asked; readonly at: number; readonly decision: Decision }>();
  readonly #leases = new Recent<Lease>();
  readonly #leasing = new Map<string, Promise<unknown>>();

  /** @throws {CacheError} `E_INVALID_ARGUMENT` where an option can't be used. */
  constructor(options: RateLimiterOptions) {
    const { name, algorithm, limit, windowSeconds, onUnavailable, burst, localShare = 0.1 } = options;
    checkText('name', name, /^[a-z][a-z0-9-]*$/, 'lower case letters, digits and dashes');
    checkOneOf('algorithm', algorithm, Object.keys(SCRIPTS));
    checkOneOf('onUnavailable', onUnavailable, ['allow', 'deny', 'local']);
    checkLimit(algorithm, limit, 1);
    checkNumber('windowSeconds', windowSeconds, 0.01, 400 * 86_400);
    if (burst !== undefined) {
      mustBe(algorithm === 'gcra', 'burst', "left out unless 'algorithm' is 'gcra'", burst);
      checkLimit(algorithm, burst, 1, 'burst');
    }
    this.#localShare = checkNumber('localShare', localShare, 0, 1);
    this.#leaseSize = wholeNumbers({ leaseSize: 1 }, options).leaseSize;
    const leases = this.#leaseSize === 1 || algorithm.endsWith('-window');
    mustBe(leases, 'leaseSize', "1 unless 'algorithm' is a window", this.#leaseSize);
    this.name = name;
    this.#options = options;
    // A bucket is a whole number of microseconds.
    const bucketUs = Math.ceil((windowSeconds * 1e6) / BUCKETS);
    this.#widthUs = algorithm === 'sliding-window' ? bucketUs : bucketUs * BUCKETS;
    this.#local = new LocalLimiter(windowSeconds * 1000);
    this.#meter = options.metrics?.meter('rate-limit', name);
  }

  /**
   * Asks for a request, and takes its cost where it is admitted. Never throws because the shared tier can't answer: see
   * `onUnavailable`. Not to be repeated on a denial before `retryAfterMs`.
   *
   * @param key whatever has the limit, such as a tenant, or a tenant and an endpoint.
   * @throws {CacheError} `E_INVALID_ARGUMENT` where the key or an option can't be used.
   */
  async consume(key: string, options?: ClaimOptions): Promise<Decision> {
    return (await this.#take(this.#asked(key, options))).decision;
  }

  /** Limit of a key, for {@link consumeAll}. */
  of(key: string, options?: ClaimOptions): Claim {
    const asked = this.#asked(key, options);
    return { take: () => this.#take(asked) };
  }

  /** Decision that {@link consume} would get now, without taking anything. */
  async peek(key: string, options?: ClaimOptions): Promise<Decision> {
    const asked = this.#asked(key, options);
    if (asked.cost > asked.most) return this.#never(asked);
    try {
      return this.#granted(asked, await this.#run(asked, 0));
    } catch (error) {
      const { decision, giveBack } = this.#withoutAnswer(asked, error);
      await giveBack();
      return decision;
    }
  }

  /**
   * Forgets what a key has taken. Other processes may deny it for up to a second more.
   *
   * @throws {CacheError} `E_SHARED_UNAVAILABLE`
   */
  async reset(key: string): Promise<void> {
    const { id, key: stored } = this.#asked(key);
    this.#denied.delete(id);
    this.#leases.delete(id);
    await writeCommand(this.#options.connection, stored, (node) => node.del(stored));
  }

  #asked(id: string, { cost, limit = this.#options.limit }: ClaimOptions = {}): Asked {
    const { algorithm, connection, burst = limit, limit: usual } = this.#options;
    checkLimit(algorithm, limit, 0);
    return {
      id,
      key: patternKey(connection.namespace, algorithm === 'sliding-log' ? 'rg' : 'rl', this.name, id),
      limit,
      most: limit === usual ? burst : limit,
      // Between two requests at the limit; rounded up, so that never more is admitted.
      width: algorithm === 'gcra' ? Math.ceil(this.#widthUs / Math.max(1, limit)) : this.#widthUs,
      ...wholeNumbers({ cost: 1 }, { cost }),
    };
  }

  #take(asked: Asked): Promise<Taken> {
    return measured(this.#meter, async () => {
      const taken = await this.#taken(asked).catch((error: unknown) => this.#withoutAnswer(asked, error));
      if (!taken.decision.allowed) counted(this.#meter, 'Denied');
      return taken;
    });
  }

  async #taken(asked: Asked): Promise<Taken> {
    if (asked.cost > asked.most) return nothing(this.#never(asked));
    for (;;) {
      const known = this.#remembered(asked) ?? this.#leased(asked);
      if (known) return known;
      const before = this.#leasing.get(asked.id);
      if (!before) break;
      // One asks for a lease, and the others of its key wait for it.
      await before;
    }
    const asking = this.#ask(asked, Math.max(asked.cost, this.#leaseSize));
    if (this.#leaseSize === 1) return asking;
    const leasing = asking.finally(() => this.#leasing.delete(asked.id));
    this.#leasing.set(asked.id, leasing);
    return leasing;
  }

  async #ask(asked: Asked, most: number): Promise<Taken> {
    const { connection } = this.#options;
    const sentAt = connection.now();
    const reply = await this.#run(asked, most);
    const decision = this.#granted(asked, reply);
    const [granted, remaining, , , mark = '', before = '', leaseUs = 0] = reply;
    if (!decision.allowed) {
      this.#denied.set(asked.id, { asked, at: connection.now(), decision });
      return nothing(decision);
    }
    const left = granted - asked.cost;
    // The script ran after it was sent, so the lease holds at least until then.
    if (left > 0) this.#leases.set(asked.id, { left, remaining, until: sentAt + leaseUs / 1000, decision });
    return { decision, giveBack: () => this.#giveBack(asked, mark, before) };
  }

  /** @param most largest number to take; 0 to look only. */
  #run({ key, cost, most: limit, width }: Asked, most: number): Promise<Reply> {
    const { connection, algorithm } = this.#options;
    const { take, peek } = SCRIPTS[algorithm];
    const readOnly = most === 0;
    return runScript<Reply>(connection, readOnly ? peek : take, [key], [cost, most, width, limit], { readOnly });
  }

  async #giveBack({ id, key, cost, width }: Asked, mark: string, before: string): Promise<void> {
    const { connection, algorithm } = this.#options;
    this.#denied.delete(id);
    await runScript(connection, SCRIPTS[algorithm].giveBack, [key], [mark, before, cost, width]).catch(ignored);
  }

  /** Denial that is remembered, where it holds for this request as well. */
  #remembered({ id, cost, limit }: Asked): Taken | undefined {
    const known = this.#denied.get(id);
    if (!known || cost < known.asked.cost || limit > known.asked.limit) return undefined;
    const passed = this.#options.connection.now() - known.at;
    const { retryAfterMs, resetAfterMs } = known.decision;
    if (passed < 0 || passed >= Math.min(MOST_DENIED_MS, retryAfterMs)) return undefined;
    return nothing({
      ...known.decision,
      limit,
      retryAfterMs: retryAfterMs - passed,
      resetAfterMs: resetAfterMs - passed,
      source: 'memory',
    });
  }

  #leased({ id, cost, limit }: Asked): Taken | undefined {
    const lease = this.#leases.get(id);
    const now = this.#options.connection.now();
    if (!lease || lease.left < cost || lease.decision.limit !== limit || now >= lease.until) return undefined;
    lease.left -= cost;
    return {
      decision: { ...lease.decision, remaining: lease.remaining + lease.left, source: 'memory' },
      giveBack: async () => {
        lease.left += cost;
      },
    };
  }

  #granted(asked: Asked, [granted, remaining, retryAfterMs, resetAfterMs]: Reply): Decision {
    // What a lease has beyond the cost is this process's own.
    const left = remaining + Math.max(0, granted - asked.cost);
    return this.#decision(asked, granted > 0, left, 'shared', retryAfterMs, resetAfterMs);
  }

  /** Denial of a cost that is larger than the limit. */
  #never(asked: Asked): Decision {
    const windowMs = this.#options.windowSeconds * 1000;
    return this.#decision(asked, false, 0, 'memory', windowMs);
  }

  /** Decision without the shared tier. @throws whatever isn't its failure. */
  #withoutAnswer(asked: Asked, error: unknown): Taken {
    if (!isUnavailable(error)) throw error;
    counted(this.#meter, 'Unavailable');
    const { onUnavailable, connection } = this.#options;
    const { id, cost, limit } = asked;
    if (onUnavailable !== 'local') {
      const allowed = onUnavailable === 'allow' && cost <= limit;
      const waitMs = allowed ? 0 : UNAVAILABLE_MS;
      return nothing(this.#decision(asked, allowed, allowed ? limit - cost : 0, 'unavailable', waitMs));
    }
    const share = Math.min(limit, Math.max(1, Math.floor(limit * this.#localShare)));
    const { allowed, remaining, endsInMs } = this.#local.take(id, cost, share, connection.now());
    return {
      decision: this.#decision(asked, allowed, remaining, 'local', allowed ? 0 : endsInMs, endsInMs),
      giveBack: async () => {
        if (allowed) this.#local.giveBack(id, cost);
      },
    };
  }

  #decision(
    { limit }: Asked,
    allowed: boolean,
    remaining: number,
    source: Decision['source'],
    retryAfterMs: number,
    resetAfterMs = retryAfterMs,
  ): Decision {
    const { windowSeconds } = this.#options;
    return { name: this.name, allowed, limit, windowSeconds, remaining, retryAfterMs, resetAfterMs, source };
  }
}

/** Decision with nothing to give back. */
const nothing = (decision: Decision): Taken => ({ decision, giveBack: async () => {} });

function checkLimit(algorithm: Algorithm, limit: unknown, least: number, name = 'limit'): void {
  const { largest } = SCRIPTS[algorithm];
  const holds = Number.isSafeInteger(limit) && (limit as number) >= least && (limit as number) <= largest;
  mustBe(holds, name, `a whole number from ${least} to ${largest}`, limit);
}
