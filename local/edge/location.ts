import { randomBytes } from 'node:crypto';
import type { Clock, Log } from '../types';
import { type BehaviorOptions, Behaviors, caches, normalizePath } from './behaviors';
import { type CacheKey, cacheKey, type ViewerRequest } from './cache-key';
import { Collapse } from './collapse';
import { compressed } from './compression';
import type { DistributionOptions, OriginGroupOptions } from './distribution';
import { type CustomErrorResponse, errorCachingMinSeconds, errorPage, errorTtlSeconds, staleOnError } from './errors';
import { filterHeaders, headerValue, isHopByHop, type RawHeaders, withHeader } from './headers';
import { objectTags } from './invalidation';
import { type OriginClient, OriginError, type OriginOptions, type OriginResponse } from './origin';
import { originRequest, type Validators } from './origin-request';
import type { CacheResult, LocationNames, Timing } from './response';
import { Store, type StoredObject } from './store';
import { type Freshness, freshness } from './ttl';

/** What the read path found for a request. */
export interface Answer {
  readonly behavior: BehaviorOptions;
  readonly object: StoredObject;
  readonly result: CacheResult;
  /** Whether the origin was asked, and how long that took. */
  readonly upstream?: Timing['upstream'];
}

/** What happened at an edge location since its start. */
export interface LocationStats {
  /** Answered from the store, fresh or stale, without waiting for the origin; requests that shared another's fetch are misses. */
  hits: number;
  misses: number;
  refreshHits: number;
  /** Requests that waited for another's fetch and shared it. */
  collapsed: number;
  /** Answers in place of which the origin gave an error. */
  staleOnError: number;
  /** Requests sent to origins, revalidations included. */
  originRequests: number;
}

interface Fetched extends Answer {
  readonly shareable: boolean;
}

/**
 * One edge location of a distribution. A request goes: behaviour, cache key, store; then, where the object is missing or expired, one fetch for
 * all who ask for it; then the store again.
 */
export class Location {
  readonly stats: LocationStats = { hits: 0, misses: 0, refreshHits: 0, collapsed: 0, staleOnError: 0, originRequests: 0 };
  readonly store: Store;
  readonly names: LocationNames;
  readonly behaviors: Behaviors;
  private readonly collapse = new Collapse<Fetched>();
  private readonly idPrefix = randomBytes(30).toString('base64url');
  private requests = 0;

  constructor(
    private readonly distribution: DistributionOptions,
    private readonly dependencies: {
      readonly clock: Clock;
      readonly client: OriginClient;
      /** Base URL of the local server that stands for a host, if there is one. */
      readonly baseUrl: (domainName: string) => string | undefined;
      readonly maxBytes: number;
      readonly log: Log;
    },
  ) {
    this.store = new Store(dependencies.maxBytes);
    this.behaviors = new Behaviors(distribution.behaviors);
    const host = randomBytes(16).toString('hex');
    this.names = { via: `1.1 ${host}.cloudfront.net (CloudFront)`, pop: 'LOC50-P1' };
  }

  /** A request id in the form of CloudFront's: 56 characters. Counted, since random ones would cost more than a hit does. */
  nextRequestId(): string {
    this.requests += 1;
    return `${this.idPrefix}${this.requests.toString(36).padStart(14, '0')}==`;
  }

  /** Answers from the store where it can, at once. */
  lookup(behavior: BehaviorOptions, key: CacheKey, request: ViewerRequest): Answer | undefined {
    const object = this.store.get(key.text);
    if (!object) return undefined;
    const now = this.dependencies.clock.now();
    if (now >= object.freshUntil && now >= object.pausedUntil) {
      if (now >= object.revalidateUntil) return undefined;
      this.refreshBehind(behavior, key, request, object);
    }
    this.stats.hits += 1;
    return { behavior, object, result: object.status >= 400 ? 'Error' : 'Hit' };
  }

  /** Answers a request that {@link lookup} couldn't. */
  async fetchShared(behavior: BehaviorOptions, key: CacheKey, request: ViewerRequest): Promise<Answer> {
    const { result, joined } = await this.collapse.run(key.text, () => this.fetch(behavior, key, request));
    if (joined) this.stats.collapsed += 1;
    if (result.result === 'RefreshHit') this.stats.refreshHits += 1;
    else if (result.result === 'Hit') this.stats.hits += 1;
    else this.stats.misses += 1;
    return result;
  }

  /** Answers a request whose response is never cached. */
  async pass(behavior: BehaviorOptions, request: ViewerRequest, body: Buffer | undefined): Promise<Answer> {
    this.stats.misses += 1;
    const now = this.dependencies.clock.now();
    const response = await this.askOrigin(behavior, request, { cached: false, body });
    const key = { text: '', url: request.path };
    const object = this.objectOf(key, response, { now, ttlSeconds: 0 });
    if (response.status < 400) return { behavior, object, result: 'Miss', upstream: response };
    return { behavior, object: await this.customPage(object, request), result: 'Error', upstream: response };
  }

  private refreshBehind(behavior: BehaviorOptions, key: CacheKey, request: ViewerRequest, object: StoredObject): void {
    if (this.collapse.has(key.text)) return;
    this.collapse
      .run(key.text, () => this.fetch(behavior, key, request))
      .catch((error) => this.dependencies.log('edge', `refresh of ${object.url} failed: ${error}`));
  }

  private async fetch(behavior: BehaviorOptions, key: CacheKey, request: ViewerRequest): Promise<Fetched> {
    const expired = this.store.get(key.text);
    const validators = expired && expired.status < 400 && expired.conditional ? validatorsOf(expired) : undefined;
    const response = await this.askOrigin(behavior, request, { cached: true, validators });
    const now = this.dependencies.clock.now();

    if (response.status === 304 && validators && expired) {
      const object = this.refreshed(behavior, expired, response, now);
      return { behavior, object, result: 'RefreshHit', upstream: response, shareable: true };
    }
    if (response.status >= 400) return this.fetchedError(behavior, key, request, response, expired, now);

    const fresh = freshness(behavior.cachePolicy, response.headers, now);
    const encoded = compressed(behavior, request, response.status, response);
    const object = this.objectOf(key, { ...response, ...encoded }, { now, ttlSeconds: fresh.ttlSeconds, fresh });
    // 307 and 308 are cached only where the origin says how long; so is a part of an object, which wasn't asked for, never.
    const told = headerValue(response.headers, 'cache-control') !== undefined;
    const storable = response.status !== 206 && ((response.status !== 307 && response.status !== 308) || told);
    // A fetch that began before an invalidation took effect is stored all the same: CloudFront doesn't say that it isn't.
    if (fresh.stored && storable) this.store.set(object);
    else this.store.delete(key.text);
    return { behavior, object, result: 'Miss', upstream: response, shareable: fresh.shareable };
  }

  private async fetchedError(
    behavior: BehaviorOptions,
    key: CacheKey,
    request: ViewerRequest,
    response: OriginResponse,
    expired: StoredObject | undefined,
    now: number,
  ): Promise<Fetched> {
    const { customErrors } = this.distribution;
    if (expired && expired.status < 400) {
      const pauseMs = staleOnError(expired, response.status, errorCachingMinSeconds(customErrors, response.status), now);
      if (pauseMs !== undefined) {
        expired.pausedUntil = now + pauseMs;
        this.stats.staleOnError += 1;
        return { behavior, object: expired, result: 'Hit', shareable: true };
      }
    }
    const { maxTtlSeconds } = behavior.cachePolicy;
    const ttlSeconds = errorTtlSeconds(response.status, response.headers, { customErrors, maxTtlSeconds, now });
    const encoded = compressed(behavior, request, response.status, response);
    const object = await this.customPage(this.objectOf(key, { ...response, ...encoded }, { now, ttlSeconds }), request);
    if (ttlSeconds > 0) this.store.set(object);
    return { behavior, object, result: 'Error', upstream: response, shareable: true };
  }

  /** The page that the distribution shows in place of an error, kept as long as the error; or the error itself. */
  private async customPage(error: StoredObject, request: ViewerRequest): Promise<StoredObject> {
    const custom = this.distribution.customErrors.find(({ errorCode }) => errorCode === error.status);
    if (!custom?.responsePagePath || request.path === custom.responsePagePath) return error;
    const page = await this.page(custom, request);
    // Where the page can't be had, the viewer gets what the origin said of the page.
    if (page.status >= 400) return { ...error, status: page.status, headers: page.headers, body: page.body };
    return { ...error, status: custom.responseCode ?? error.status, headers: page.headers, body: page.body };
  }

  private async page(custom: CustomErrorResponse, request: ViewerRequest): Promise<StoredObject> {
    const wanted: ViewerRequest = { ...request, method: 'GET', path: custom.responsePagePath as string, query: '' };
    const behavior = this.behaviors.find(wanted.path);
    if (!caches(behavior, 'GET')) {
      const response = await this.askOrigin(behavior, wanted, { cached: false });
      return this.objectOf({ text: '', url: wanted.path }, response, { now: this.dependencies.clock.now(), ttlSeconds: 0 });
    }
    const key = cacheKey(behavior.cachePolicy, wanted);
    const answer = this.lookup(behavior, key, wanted) ?? (await this.fetchShared(behavior, key, wanted));
    return answer.object;
  }

  private refreshed(behavior: BehaviorOptions, expired: StoredObject, response: OriginResponse, now: number): StoredObject {
    let { headers } = expired;
    for (let i = 0; i < response.headers.length; i += 2) {
      const name = (response.headers[i] as string).toLowerCase();
      // What describes the body stays: a 304 has none, and the stored one may be compressed.
      if (name.startsWith('content-') || name === 'etag' || isHopByHop(name)) continue;
      headers = withHeader(headers, response.headers[i] as string, response.headers[i + 1] as string);
    }
    const fresh = freshness(behavior.cachePolicy, headers, now);
    const object: StoredObject = {
      ...expired,
      ...times(now, fresh.ttlSeconds, fresh),
      headers,
      tags: this.tagsOf(headers),
      rendered: undefined,
    };
    if (fresh.stored) this.store.set(object);
    else this.store.delete(expired.key);
    return object;
  }

  private objectOf(
    key: CacheKey,
    response: Pick<OriginResponse, 'status' | 'headers' | 'body'>,
    age: { readonly now: number; readonly ttlSeconds: number; readonly fresh?: Freshness },
  ): StoredObject {
    const connection = headerValue(response.headers, 'connection');
    const mark = key.url.indexOf('?');
    // An answer to HEAD has the length of the body that it doesn't have.
    const whole = response.body.length;
    return {
      key: key.text,
      url: mark < 0 ? normalizePath(key.url) : `${normalizePath(key.url.slice(0, mark))}${key.url.slice(mark)}`,
      status: response.status,
      headers: filterHeaders(
        response.headers,
        (name) => (name !== 'content-length' || whole === 0) && !isHopByHop(name, connection),
      ),
      body: response.body,
      tags: this.tagsOf(response.headers),
      ...times(age.now, age.ttlSeconds, age.fresh),
    };
  }

  private tagsOf(headers: RawHeaders): string[] {
    const name = this.distribution.cacheTagHeader;
    return name === undefined ? [] : objectTags(headerValue(headers, name));
  }

  /** Asks the behaviour's origin, or those of its group in turn. An origin that can't be reached has answered 502 or 504. */
  private async askOrigin(
    behavior: BehaviorOptions,
    request: ViewerRequest,
    options: { readonly cached: boolean; readonly validators?: Validators; readonly body?: Buffer },
  ): Promise<OriginResponse> {
    const group = this.distribution.originGroups.find(({ id }) => id === behavior.originId);
    // Only these methods fail over (Developer Guide, "Optimize high availability with CloudFront origin failover").
    const failsOver = group !== undefined && ['GET', 'HEAD', 'OPTIONS'].includes(request.method);
    const ids = group ? group.members : [behavior.originId];
    const first = await this.askOne(behavior, this.origin(ids[0] as string), request, options);
    if (!failsOver || !fails(group, first)) return first;
    return this.askOne(behavior, this.origin(ids[1] as string), request, options);
  }

  private async askOne(
    behavior: BehaviorOptions,
    origin: OriginOptions,
    request: ViewerRequest,
    options: { readonly cached: boolean; readonly validators?: Validators; readonly body?: Buffer },
  ): Promise<OriginResponse> {
    const requestId = this.nextRequestId();
    try {
      const base = this.dependencies.baseUrl(origin.domainName);
      if (base === undefined) throw new OriginError(502, `no local server stands for host '${origin.domainName}'`, true);
      this.stats.originRequests += 1;
      return await this.dependencies.client.send(
        origin,
        base,
        originRequest(behavior, origin, request, { requestId, via: this.names.via }, options),
      );
    } catch (error) {
      if (!(error instanceof OriginError)) throw error;
      this.dependencies.log('edge', `${error.status} for ${request.method} ${request.path}: ${error.message}`);
      const body = errorPage(error.status, 'CloudFront could not get an answer from the origin.', requestId);
      const headers = ['Server', 'CloudFront', 'Content-Type', 'text/html'];
      return { status: error.status, headers, body, connectMs: 0, firstByteMs: 0 };
    }
  }

  private origin(id: string): OriginOptions {
    return this.distribution.origins.find((origin) => origin.id === id) as OriginOptions;
  }
}

function fails(group: OriginGroupOptions, response: OriginResponse): boolean {
  return group.statusCodes.includes(response.status);
}

function validatorsOf(object: StoredObject): Validators | undefined {
  const etag = headerValue(object.headers, 'etag');
  const lastModified = headerValue(object.headers, 'last-modified');
  return etag === undefined && lastModified === undefined ? undefined : { etag, lastModified };
}

function times(now: number, ttlSeconds: number, fresh?: Freshness) {
  const freshUntil = now + ttlSeconds * 1000;
  return {
    storedAt: now,
    freshUntil,
    revalidateUntil: freshUntil + (fresh?.staleWhileRevalidateSeconds ?? 0) * 1000,
    staleIfErrorSeconds: fresh?.staleIfErrorSeconds,
    conditional: fresh?.conditional ?? true,
    pausedUntil: 0,
  };
}
