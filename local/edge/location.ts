import type { Clock } from '../types';
import { Behaviors, caches } from './behaviors';
import { type CacheKey, cacheKey, type ViewerRequest } from './cache-key';
import { Collapse } from './collapse';
import { compressed } from './compression';
import { errorCachingMinSeconds, errorTtlSeconds, staleOnError } from './errors';
import { headerValue } from './headers';
import { LocationIdentity } from './location-identity';
import type { BehaviorOptions, CustomErrorResponse, DistributionOptions } from './options';
import type { OriginResponse } from './origin';
import type { CacheResult, Timing } from './response';
import { Store } from './store';
import { type Lifetime, refreshedObject, type StoredObject, storedObject, updatedHeaders, validatorsOf } from './stored-object';
import { freshness } from './ttl';
import { Upstream, type UpstreamDependencies } from './upstream';

/** Answer of the read path to a request. */
export interface Answer {
  readonly behavior: BehaviorOptions;
  readonly object: StoredObject;
  readonly result: CacheResult;
  /** Times that the origin took, where it gave the answer. */
  readonly upstream?: Timing['upstream'];
}

/** Counters of an edge location since its start. */
export interface LocationStats {
  /** Requests answered from the store, fresh or stale. */
  readonly hits: number;
  /** Requests answered by the origin; those that shared another's fetch are counted too. */
  readonly misses: number;
  /** Requests answered from the store after the origin had confirmed the object. */
  readonly refreshHits: number;
  /** Requests that waited for another's fetch and shared it. */
  readonly collapsed: number;
  /** Stale answers in place of an error of the origin; each is a hit too. */
  readonly staleOnError: number;
  /** Requests sent to origins, revalidations included. */
  readonly originRequests: number;
}

interface Fetched extends Answer {
  readonly shareable: boolean;
}

/** Dependencies of a Location. */
export interface LocationDependencies extends UpstreamDependencies {
  readonly clock: Clock;
  /** Most bytes that its store holds. */
  readonly maxBytes: number;
}

/**
 * One edge location of a distribution. A request goes: behaviour, cache key, store; then, where the object is missing or expired,
 * one fetch for all who ask for it; then the store again.
 */
export class Location {
  readonly store: Store;
  readonly identity = new LocationIdentity();
  readonly behaviors: Behaviors;
  readonly #upstream: Upstream;
  readonly #collapse = new Collapse<Fetched>();
  readonly #counts = { hits: 0, misses: 0, refreshHits: 0, collapsed: 0, staleOnError: 0 };

  readonly #distribution: DistributionOptions;
  readonly #dependencies: LocationDependencies;

  constructor(distribution: DistributionOptions, dependencies: LocationDependencies) {
    this.#distribution = distribution;
    this.#dependencies = dependencies;
    this.store = new Store(dependencies.maxBytes);
    this.behaviors = new Behaviors(distribution.behaviors);
    this.#upstream = new Upstream(distribution, this.identity, dependencies);
  }

  get stats(): LocationStats {
    return { ...this.#counts, originRequests: this.#upstream.requests };
  }

  /** Answers from the store where it can, at once. */
  lookup(behavior: BehaviorOptions, key: CacheKey, request: ViewerRequest): Answer | undefined {
    const object = this.store.get(key.text);
    if (!object) return undefined;
    const now = this.#dependencies.clock.now();
    if (now >= object.freshUntil && now >= object.pausedUntil) {
      if (now >= object.revalidateUntil) return undefined;
      this.#refreshBehind(behavior, key, request, object);
    }
    this.#counts.hits += 1;
    return { behavior, object, result: object.status >= 400 ? 'Error' : 'Hit' };
  }

  /** Answers a request that {@link lookup} couldn't. */
  async fetchShared(behavior: BehaviorOptions, key: CacheKey, request: ViewerRequest): Promise<Answer> {
    const { result, joined } = await this.#collapse.run(key.text, () => this.#fetch(behavior, key, request));
    if (joined) this.#counts.collapsed += 1;
    if (result.result === 'RefreshHit') this.#counts.refreshHits += 1;
    else if (result.result === 'Hit') this.#counts.hits += 1;
    else this.#counts.misses += 1;
    return result;
  }

  /** Answers a request whose response is never cached. */
  async pass(behavior: BehaviorOptions, request: ViewerRequest, body: Buffer | undefined): Promise<Answer> {
    this.#counts.misses += 1;
    const response = await this.#upstream.ask(behavior, request, { cached: false, body });
    const object = this.#objectOf({ text: '', url: request.path }, response, {
      now: this.#dependencies.clock.now(),
      ttlSeconds: 0,
    });
    if (response.status < 400) return { behavior, object, result: 'Miss', upstream: response };
    return { behavior, object: await this.#errorPageOf(object, request), result: 'Error', upstream: response };
  }

  #refreshBehind(behavior: BehaviorOptions, key: CacheKey, request: ViewerRequest, object: StoredObject): void {
    if (this.#collapse.has(key.text)) return;
    this.#collapse
      .run(key.text, () => this.#fetch(behavior, key, request))
      .catch((error) => this.#dependencies.log('edge', `refresh of ${object.url} failed: ${error}`));
  }

  async #fetch(behavior: BehaviorOptions, key: CacheKey, request: ViewerRequest): Promise<Fetched> {
    const expired = this.store.get(key.text);
    const validators = validatorsOf(expired);
    const response = await this.#upstream.ask(behavior, request, { cached: true, validators });
    const now = this.#dependencies.clock.now();

    if (response.status === 304 && validators && expired) return this.#fetchedAgain(behavior, response, expired, now);
    if (response.status >= 400) return this.#fetchedError(behavior, key, request, response, expired, now);

    const fresh = freshness(behavior.cachePolicy, response.headers, now);
    const encoded = compressed(behavior, request, response.status, response);
    const object = this.#objectOf(key, { ...response, ...encoded }, { now, ttlSeconds: fresh.ttlSeconds, fresh });
    // 307 and 308 are cached only where the origin says for how long. A part of an object wasn't asked for.
    const told = headerValue(response.headers, 'cache-control') !== undefined;
    const storable = response.status !== 206 && ((response.status !== 307 && response.status !== 308) || told);
    // A fetch that began before an invalidation took effect is stored all the same: CloudFront doesn't say that it isn't.
    if (fresh.stored && storable) this.store.set(object);
    else this.store.delete(key.text);
    return { behavior, object, result: 'Miss', upstream: response, shareable: fresh.shareable };
  }

  #fetchedAgain(behavior: BehaviorOptions, response: OriginResponse, expired: StoredObject, now: number): Fetched {
    const headers = updatedHeaders(expired.headers, response.headers);
    const fresh = freshness(behavior.cachePolicy, headers, now);
    const lifetime = { now, ttlSeconds: fresh.ttlSeconds, fresh };
    const object = refreshedObject(expired, headers, lifetime, this.#distribution.cacheTagHeader);
    if (fresh.stored) this.store.set(object);
    else this.store.delete(expired.key);
    return { behavior, object, result: 'RefreshHit', upstream: response, shareable: fresh.shareable };
  }

  async #fetchedError(
    behavior: BehaviorOptions,
    key: CacheKey,
    request: ViewerRequest,
    response: OriginResponse,
    expired: StoredObject | undefined,
    now: number,
  ): Promise<Fetched> {
    const { customErrors } = this.#distribution;
    if (expired && expired.status < 400) {
      const minTtlSeconds = errorCachingMinSeconds(customErrors, response.status);
      const pauseMs = staleOnError(expired, response.status, minTtlSeconds, now);
      if (pauseMs !== undefined) {
        expired.pausedUntil = now + pauseMs;
        this.#counts.staleOnError += 1;
        return { behavior, object: expired, result: 'Hit', shareable: true };
      }
    }
    const { maxTtlSeconds } = behavior.cachePolicy;
    const ttlSeconds = errorTtlSeconds(response.status, response.headers, { customErrors, maxTtlSeconds, now });
    const encoded = compressed(behavior, request, response.status, response);
    const object = await this.#errorPageOf(this.#objectOf(key, { ...response, ...encoded }, { now, ttlSeconds }), request);
    if (ttlSeconds > 0) this.store.set(object);
    return { behavior, object, result: 'Error', upstream: response, shareable: true };
  }

  /** The page that the distribution shows in place of an error, kept as long as the error; or the error itself. */
  async #errorPageOf(error: StoredObject, request: ViewerRequest): Promise<StoredObject> {
    const custom = this.#distribution.customErrors.find(({ errorCode }) => errorCode === error.status);
    if (!custom?.responsePagePath || request.path === custom.responsePagePath) return error;
    const page = await this.#page(custom, request);
    // Where the page can't be had, the viewer gets what the origin said of the page.
    const status = page.status >= 400 ? page.status : (custom.responseCode ?? error.status);
    return { ...error, status, headers: page.headers, body: page.body };
  }

  async #page(custom: CustomErrorResponse, request: ViewerRequest): Promise<StoredObject> {
    const wanted: ViewerRequest = { ...request, method: 'GET', path: custom.responsePagePath as string, query: '' };
    const behavior = this.behaviors.find(wanted.path);
    if (!caches(behavior, 'GET')) return (await this.pass(behavior, wanted, undefined)).object;
    const key = cacheKey(behavior.cachePolicy, wanted);
    const answer = this.lookup(behavior, key, wanted) ?? (await this.fetchShared(behavior, key, wanted));
    return answer.object;
  }

  #objectOf(key: CacheKey, response: Pick<OriginResponse, 'status' | 'headers' | 'body'>, lifetime: Lifetime): StoredObject {
    return storedObject(key, response, lifetime, this.#distribution.cacheTagHeader);
  }
}
