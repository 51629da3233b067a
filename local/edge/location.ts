import type { Clock } from '../types';
import { Behaviors, caches } from './behaviors';
import { type CacheKey, cacheKey, type ViewerRequest } from './cache-key';
import { Collapse, NO_VIEWER, type Viewer } from './collapse';
import { compressed } from './compression';
import { supportsRanges } from './conditions';
import { errorCachingMinSeconds, errorTtlSeconds, staleOnError } from './errors';
import { headerValue } from './headers';
import { LocationIdentity } from './location-identity';
import type { BehaviorOptions, CustomErrorResponse, DistributionOptions } from './options';
import type { OriginResponse } from './origin';
import { forwardsCookies } from './origin-request';
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
  /** Conditions of the viewer that the edge answers itself, in place of the origin: all, all but ranges, or none. */
  readonly conditions: 'all' | 'without ranges' | 'none';
  /** Times that the origin took, where it gave the answer. */
  readonly upstream?: Timing['upstream'];
}

/** Counters of an edge location since its start. */
export interface LocationStats {
  /** Requests answered from the store, fresh or stale, and those that shared another's fetch. */
  readonly hits: number;
  /** Requests answered by the origin. */
  readonly misses: number;
  /** Requests answered from the store after the origin had confirmed the object. */
  readonly refreshHits: number;
  /** Requests that waited for another's fetch and shared it; each is a hit or an error too. */
  readonly collapsed: number;
  /** Stale answers in place of an error of the origin; each is a hit too. */
  readonly staleOnError: number;
  /** Requests sent to origins, revalidations included. */
  readonly originRequests: number;
}

interface Fetched extends Answer {
  readonly shareable: boolean;
  /** True for an expired object in place of an error. */
  readonly stale?: boolean;
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
    return { behavior, object, result: object.status >= 400 ? 'Error' : 'Hit', conditions: 'all' };
  }

  /**
   * Answers a request that {@link lookup} couldn't, together with others of the same key where CloudFront does so.
   *
   * @see the guide's "Simultaneous requests for the same object (request collapsing)":
   * https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/RequestAndResponseBehaviorCustomOrigin.html
   */
  async fetchShared(behavior: BehaviorOptions, key: CacheKey, request: ViewerRequest, viewer: Viewer): Promise<Answer> {
    // "CloudFront does not support request collapsing if you enable cookie forwarding".
    if (forwardsCookies(behavior)) return this.#counted(await this.#fetch(behavior, key, request, () => !viewer.gone));
    const fetch = (awaited: () => boolean) => this.#fetch(behavior, key, request, awaited);
    const { result, joined } = await this.#collapse.run(key.text, viewer, fetch);
    if (!joined) return this.#counted(result);
    this.#counts.collapsed += 1;
    this.#counts.hits += 1;
    // "The first request is identified as a Miss in the x-edge-result-type field, and the collapsed requests are identified as a
    // Hit."
    return { ...result, result: result.result === 'Error' ? 'Error' : 'Hit', upstream: undefined };
  }

  /** Answers a request whose response is never cached. */
  async pass(behavior: BehaviorOptions, request: ViewerRequest, body: Buffer | undefined): Promise<Answer> {
    this.#counts.misses += 1;
    const response = await this.#upstream.ask(behavior, request, { cached: false, body });
    const object = this.#objectOf({ text: '', url: request.path }, response, {
      now: this.#dependencies.clock.now(),
      ttlSeconds: 0,
    });
    const passed = { behavior, conditions: 'none', upstream: response } as const;
    if (response.status < 400) return { ...passed, object, result: 'Miss' };
    return { ...passed, object: await this.#errorPageOf(object, request), result: 'Error' };
  }

  #counted(fetched: Fetched): Fetched {
    if (fetched.stale) this.#counts.hits += 1;
    else if (fetched.result === 'RefreshHit') this.#counts.refreshHits += 1;
    else this.#counts.misses += 1;
    return fetched;
  }

  #refreshBehind(behavior: BehaviorOptions, key: CacheKey, request: ViewerRequest, object: StoredObject): void {
    if (this.#collapse.has(key.text)) return;
    this.#collapse
      .run(key.text, NO_VIEWER, (awaited) => this.#fetch(behavior, key, request, awaited))
      .catch((error) => this.#dependencies.log('edge', `refresh of ${object.url} failed: ${error}`));
  }

  /**
   * @param awaited true while any viewer waits for the answer; what all have left isn't stored, by the guide's "Canceled
   * requests":
   * https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/RequestAndResponseBehaviorCustomOrigin.html
   */
  async #fetch(behavior: BehaviorOptions, key: CacheKey, request: ViewerRequest, awaited: () => boolean): Promise<Fetched> {
    const expired = this.store.get(key.text);
    const validators = validatorsOf(expired);
    const response = await this.#upstream.ask(behavior, request, { cached: true, validators });
    const now = this.#dependencies.clock.now();

    if (response.status === 304 && validators && expired) return this.#fetchedAgain(behavior, response, expired, now);
    if (response.status >= 400) {
      const failed = await this.#fetchedError(behavior, key, request, response, expired, now);
      if (failed.ttlSeconds > 0 && awaited()) this.store.set(failed.object);
      return failed;
    }
    const fresh = freshness(behavior.cachePolicy, response.headers, now);
    const encoded = compressed(behavior, request, response.status, response);
    const object = this.#objectOf(key, { ...response, ...encoded }, { now, ttlSeconds: fresh.ttlSeconds, fresh });
    // 307 and 308 are cached only where the origin says for how long. A part of an object wasn't asked for.
    const told = headerValue(response.headers, 'cache-control') !== undefined;
    const storable = fresh.stored && response.status !== 206 && ((response.status !== 307 && response.status !== 308) || told);
    // A fetch that began before an invalidation took effect is stored all the same: CloudFront doesn't say that it isn't.
    if (!storable) this.store.delete(key.text);
    else if (awaited()) this.store.set(object);
    return {
      behavior,
      object,
      result: 'Miss',
      conditions: supportsRanges(response.headers) ? 'all' : 'without ranges',
      upstream: response,
      shareable: storable && fresh.shareable,
    };
  }

  #fetchedAgain(behavior: BehaviorOptions, response: OriginResponse, expired: StoredObject, now: number): Fetched {
    const headers = updatedHeaders(expired.headers, response.headers);
    const fresh = freshness(behavior.cachePolicy, headers, now);
    const lifetime = { now, ttlSeconds: fresh.ttlSeconds, fresh };
    const object = refreshedObject(expired, headers, lifetime, this.#distribution.cacheTagHeader);
    if (fresh.stored) this.store.set(object);
    else this.store.delete(expired.key);
    const shareable = fresh.stored && fresh.shareable;
    return { behavior, object, result: 'RefreshHit', conditions: 'all', upstream: response, shareable };
  }

  async #fetchedError(
    behavior: BehaviorOptions,
    key: CacheKey,
    request: ViewerRequest,
    response: OriginResponse,
    expired: StoredObject | undefined,
    now: number,
  ): Promise<Fetched & { readonly ttlSeconds: number }> {
    const { customErrors } = this.#distribution;
    if (expired && expired.status < 400) {
      const minTtlSeconds = errorCachingMinSeconds(customErrors, response.status);
      const pauseMs = staleOnError(expired, response.status, minTtlSeconds, now);
      if (pauseMs !== undefined) {
        expired.pausedUntil = now + pauseMs;
        this.#counts.staleOnError += 1;
        // Reports show RefreshHit: the object had expired, and the origin was asked.
        const stale = { object: expired, result: 'RefreshHit', conditions: 'all', stale: true } as const;
        return { behavior, ...stale, shareable: true, ttlSeconds: 0 };
      }
    }
    const { maxTtlSeconds } = behavior.cachePolicy;
    const ttlSeconds = errorTtlSeconds(response.status, response.headers, { customErrors, maxTtlSeconds, now });
    const encoded = compressed(behavior, request, response.status, response);
    const object = await this.#errorPageOf(this.#objectOf(key, { ...response, ...encoded }, { now, ttlSeconds }), request);
    // An error that isn't stored may be one viewer's own, such as a 403. A failure of the origin is everybody's.
    const { shareable } = freshness(behavior.cachePolicy, response.headers, now);
    return {
      behavior,
      object,
      result: 'Error',
      conditions: 'none',
      upstream: response,
      shareable: shareable && (ttlSeconds > 0 || response.status >= 500),
      ttlSeconds,
    };
  }

  /** The page that the distribution shows in place of an error, kept as long as the error; or the error itself. */
  async #errorPageOf(error: StoredObject, request: ViewerRequest): Promise<StoredObject> {
    const custom = this.#distribution.customErrors.find(({ errorCode }) => errorCode === error.status);
    // A page isn't replaced by another: two that fail would wait for each other.
    const isPage = this.#distribution.customErrors.some(({ responsePagePath }) => responsePagePath === request.path);
    if (!custom?.responsePagePath || isPage) return error;
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
    const answer = this.lookup(behavior, key, wanted) ?? (await this.fetchShared(behavior, key, wanted, NO_VIEWER));
    return answer.object;
  }

  #objectOf(key: CacheKey, response: Pick<OriginResponse, 'status' | 'headers' | 'body'>, lifetime: Lifetime): StoredObject {
    return storedObject(key, response, lifetime, this.#distribution.cacheTagHeader);
  }
}
