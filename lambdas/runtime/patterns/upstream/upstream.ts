import { checkOneOf, checkText, wholeNumbers } from '../../arguments';
import type { Cache } from '../../cache';
import type { RedisConnection } from '../../connection/redis-connection';
import { atomicScript, readCommand, runScript } from '../../connection/run-script';
import { ignored } from '../../errors';
import type { Namespace } from '../../namespace';
import type { NamespaceFreshness } from '../../policy';
import type { Outcome } from '../../telemetry/outcome';
import { patternKey } from '../keys';
import { FIXED_WINDOW } from '../limit-scripts';
import { counted, measured, type PatternMeter } from '../meter';
import type { PatternMetrics } from '../metrics';
import type { RateLimiter } from '../rate-limit';
import { type ResponseHeaders, retryAfterSeconds, storing } from './response-headers';
import { UpstreamUnavailable } from './upstream-unavailable';

/** Most calls of a time. */
export interface UpstreamBudget {
  /** Calls of all processes together. */
  readonly calls: number;
  /** Time that they are for; days begin at midnight UTC. */
  readonly period: 'minute' | 'hour' | 'day';
}

/** Options of an {@link Upstream}. */
export interface UpstreamOptions<Handle> {
  /**
   * Cache whose source holds nothing while a call is on its way: one with `TimeVersions`, not the database's, since that would
   * hold a transaction for as long.
   */
  readonly cache: Cache<Handle>;
  /** Connection to the shared tier. */
  readonly connection: RedisConnection;
  /** Name in keys and metrics, and of the namespace: lower case letters, digits and dashes. */
  readonly name: string;
  /**
   * Times for which responses are kept: `sharedTtlSeconds` is that of one that says nothing, and the longest of one that does;
   * `staleIfErrorSeconds` is how long after it a response may be served where the upstream fails.
   */
  readonly freshness: NamespaceFreshness & { readonly sharedTtlSeconds: number };
  /**
   * Most calls of a time.
   * @default - as many as are needed
   */
  readonly budget?: UpstreamBudget;
  /**
   * Limiter of calls, such as one by `gcra`; each call consumes one of the key `calls`.
   * @default - none
   */
  readonly limiter?: RateLimiter;
  /**
   * Longest time of a call, in milliseconds.
   * @default 2000
   */
  readonly timeoutMs?: number;
  /**
   * Failures of a process, one after the other, after which the upstream rests.
   * @default 5
   */
  readonly failuresToOpen?: number;
  /**
   * Time for which it rests then, for every process, and after a 429 or 503 without a `Retry-After`, in seconds.
   * @default 60
   */
  readonly restSeconds?: number;
  /**
   * Receiver of the counts.
   * @default - nobody counts
   */
  readonly metrics?: PatternMetrics;
}

/** Response of a call; that of `fetch` is one. */
export interface UpstreamResponse {
  /** HTTP status. */
  readonly status: number;
  /** Headers. */
  readonly headers: ResponseHeaders;
  /** Body, as JSON. */
  json(): Promise<unknown>;
}

/**
 * Caller of the upstream.
 *
 * @param signal is aborted after `timeoutMs`.
 * @param previous validator of what is cached, for `If-None-Match`; a 304 renews that.
 */
export type UpstreamCall = (signal: AbortSignal, previous: { readonly etag?: string }) => Promise<UpstreamResponse>;

/** Answer of an {@link Upstream}. */
export interface UpstreamAnswer<T> {
  /** Body; undefined where the upstream answered that there is none, by 404 or 410. */
  readonly value: Readonly<T> | undefined;
  /** Outcome of the read. */
  readonly outcome: Outcome;
}

/** Entry of the cache for a response. */
interface Envelope {
  /** Body; left out where there is none, and of a response that must not be kept. */
  readonly value?: unknown;
  /** Time at which the upstream gave it, or confirmed it, in epoch milliseconds. */
  readonly at: number;
  /** Time for which it is fresh from then, in milliseconds. */
  readonly freshMs: number;
  readonly etag?: string;
  /** True of a response that must not be kept: each reader calls by itself. */
  readonly passed?: true;
}

const SECONDS = { minute: 60, hour: 3600, day: 86_400 };
const NONE = new Set([404, 410]);

/** Makes an upstream rest. ARGV: milliseconds. Never shorter than it was told to. */
const REST = atomicScript("if redis.call('PTTL',KEYS[1])<ARGV[1]+0 then redis.call('SET',KEYS[1],1,'PX',ARGV[1]) end");

/** Time until which a response is fresh, in epoch milliseconds. */
const freshUntil = ({ at, freshMs }: Envelope): number => at + freshMs;

/** Somebody else's API behind the cache: one call a key for all processes, and never more than it is to be called. */
export class Upstream<Handle = unknown> {
  readonly #options: UpstreamOptions<Handle>;
  readonly #numbers: { readonly timeoutMs: number; readonly failuresToOpen: number; readonly restSeconds: number };
  readonly #namespace: Namespace<Handle>;
  readonly #restKey: string;
  readonly #budgetKey: string;
  readonly #meter: PatternMeter | undefined;
  /** Longest time for which a response is fresh, and for which it may be served after that, in milliseconds. */
  readonly #longestMs: number;
  readonly #staleMs: number;
  #failures = 0;

  /** @throws {CacheError} `E_INVALID_ARGUMENT` where an option can't be used. */
  constructor(options: UpstreamOptions<Handle>) {
    const { cache, connection, name, freshness, budget, metrics } = options;
    checkText('name', name, /^[a-z][a-z0-9-]*$/, 'lower case letters, digits and dashes');
    this.#options = options;
    this.#numbers = wholeNumbers({ timeoutMs: 2000, failuresToOpen: 5, restSeconds: 60 }, options);
    const { sharedTtlSeconds, staleIfErrorSeconds = 0, staleWhileRevalidateSeconds = 0 } = freshness;
    this.#longestMs = sharedTtlSeconds * 1000;
    this.#staleMs = Math.max(staleIfErrorSeconds, staleWhileRevalidateSeconds) * 1000;
    // The cache has one TTL for all, which is the outer bound: how long each response is fresh is in its envelope.
    this.#namespace = cache.namespace(name, {
      freshness: { ...freshness, sharedTtlSeconds: sharedTtlSeconds + this.#staleMs / 1000 },
    });
    this.#restKey = patternKey(connection.namespace, 'up', name, 'rest');
    this.#budgetKey = patternKey(connection.namespace, 'ub', name, 'calls');
    if (budget) {
      wholeNumbers({ calls: 0 }, budget);
      checkOneOf('period', budget.period, Object.keys(SECONDS));
    }
    this.#meter = metrics?.meter('upstream', name);
  }

  /**
   * Value of a key: cached, or of a call.
   *
   * @throws {UpstreamUnavailable} where it isn't cached and can't be had.
   */
  async fetch<T>(key: string, call: UpstreamCall): Promise<UpstreamAnswer<T>> {
    return measured(this.#meter, async () => {
      const now = this.#options.connection.now();
      let own: { readonly value: unknown } | undefined;
      const read = (previous?: Envelope) =>
        this.#namespace.read<Envelope>(key, async (_, { signal }) => {
          const { envelope, value } = await this.#respond(call, previous, signal);
          own = { value };
          return envelope;
        });
      const isOld = (envelope: Envelope | undefined) => !own && envelope && !envelope.passed && now >= freshUntil(envelope);
      let { value: envelope, outcome } = await read();
      if (isOld(envelope) && outcome.tier === 'memory') {
        // It says nothing of what another process has called for since.
        this.#options.cache.internals.readPath.drop(this.#namespace.entry(key));
        ({ value: envelope, outcome } = await read());
      }
      // Whoever finds out first makes it stale for all, and one of them calls. What is stale already has had that.
      if (isOld(envelope) && outcome.status === 'hit') {
        await this.#namespace.delete(key, { mode: 'expire' }).catch(ignored);
        ({ value: envelope, outcome } = await read(envelope));
      }
      if (own) return { value: own.value as T | undefined, outcome };
      if (envelope?.passed) return { value: (await this.#respond(call, undefined, undefined)).value as T | undefined, outcome };
      if (envelope && now > freshUntil(envelope) + this.#staleMs) {
        throw new UpstreamUnavailable(`'${this.#options.name}' can't be asked, and what is cached is too old`, 1);
      }
      return { value: envelope?.value as T | undefined, outcome };
    });
  }

  async #respond(
    call: UpstreamCall,
    previous: Envelope | undefined,
    signal: AbortSignal | undefined,
  ): Promise<{ envelope: Envelope; value: unknown }> {
    await this.#admit();
    const timeout = AbortSignal.timeout(this.#numbers.timeoutMs);
    let response: UpstreamResponse;
    let value: unknown;
    try {
      const { etag } = previous ?? {};
      response = await call(signal ? AbortSignal.any([signal, timeout]) : timeout, etag === undefined ? {} : { etag });
      const { status } = response;
      if (status === 304 && previous) value = previous.value;
      else if (status >= 200 && status < 300) value = await response.json();
      else if (!NONE.has(status)) throw await this.#refused(response);
    } catch (error) {
      throw await this.#failed(error);
    }
    this.#failures = 0;
    const { mayBeKept, freshMs, etag = previous?.etag } = storing(response.headers);
    const at = this.#options.connection.now();
    if (!mayBeKept) return { envelope: { at, freshMs: 0, passed: true }, value };
    return {
      envelope: {
        ...(value !== undefined && { value }),
        at,
        freshMs: Math.min(this.#longestMs, freshMs ?? this.#longestMs),
        ...(etag !== undefined && { etag }),
      },
      value,
    };
  }

  /** @throws {UpstreamUnavailable} where it rests, or the calls are used up. */
  async #admit(): Promise<void> {
    const { name, connection, limiter, budget } = this.#options;
    const restMs = await readCommand(connection, this.#restKey, (node) => node.pttl(this.#restKey)).catch(() => 0);
    if (restMs > 0) throw this.#denied(`'${name}' rests`, restMs);
    const limited = await limiter?.consume('calls');
    if (limited?.allowed === false) throw this.#usedUp(limited.limit, limited.windowSeconds, limited.retryAfterMs);
    if (!budget) return;
    const seconds = SECONDS[budget.period];
    const spending = runScript<number[]>(connection, FIXED_WINDOW.take, [this.#budgetKey], [1, 1, seconds * 1e6, budget.calls]);
    // While nobody knows what is left of it, nothing is.
    const [granted, , retryAfterMs = 0] = await spending.catch(() => [0, 0, 1000]);
    if (!granted) throw this.#usedUp(budget.calls, seconds, retryAfterMs);
  }

  #usedUp(calls: number, seconds: number, ms: number): UpstreamUnavailable {
    return this.#denied(`the ${calls} calls of '${this.#options.name}' in ${seconds} s are used up`, ms);
  }

  #denied(message: string, ms: number): UpstreamUnavailable {
    counted(this.#meter, 'Denied');
    return new UpstreamUnavailable(message, Math.max(1, Math.ceil(ms / 1000)));
  }

  /** Error of a response; one that asks callers to stay away makes all of them rest. */
  async #refused({ status, headers }: UpstreamResponse): Promise<Error> {
    const { name, connection } = this.#options;
    const asked = retryAfterSeconds(headers, connection.now());
    const error = (seconds: number) => new UpstreamUnavailable(`'${name}' answered ${status}`, Math.max(1, seconds));
    if (status !== 429 && (status !== 503 || asked === undefined)) return error(1);
    const seconds = asked ?? this.#numbers.restSeconds;
    if (seconds > 0) await this.#rest(seconds);
    return error(seconds);
  }

  async #failed(error: unknown): Promise<UpstreamUnavailable> {
    if (++this.#failures >= this.#numbers.failuresToOpen) {
      this.#failures = 0;
      await this.#rest(this.#numbers.restSeconds);
    }
    if (error instanceof UpstreamUnavailable) return error;
    return new UpstreamUnavailable(`'${this.#options.name}' failed: ${(error as Error).message}`, 1, { cause: error });
  }

  /** Makes every process leave the upstream alone, for no less than it does by now; one that doesn't hear of it finds out. */
  async #rest(seconds: number): Promise<void> {
    await runScript(this.#options.connection, REST, [this.#restKey], [seconds * 1000]).catch(ignored);
  }
}
