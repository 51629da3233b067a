import type { Log } from '../types';
import type { ViewerRequest } from './cache-key';
import { errorPage } from './errors';
import type { LocationIdentity } from './location-identity';
import type { BehaviorOptions, DistributionOptions, OriginOptions, OriginSigning } from './options';
import { type OriginClient, OriginError, type OriginResponse } from './origin';
import type { OriginLatency } from './origin-latency';
import { type OriginRequest, originRequest, type Validators } from './origin-request';

/** Options of a request to an origin. */
export interface AskOptions {
  /** True where the response may be stored. */
  readonly cached: boolean;
  readonly validators?: Validators;
  readonly body?: Buffer;
}

/** Dependencies of an Upstream. */
export interface UpstreamDependencies {
  readonly client: OriginClient;
  /** Base URL of the local server that stands for a host, if there is one. */
  readonly baseUrl: (domainName: string) => string | undefined;
  /** Headers by which a request is signed for the service behind an origin. */
  readonly sign: (request: OriginRequest, signing: OriginSigning) => Readonly<Record<string, string>>;
  readonly latency: OriginLatency;
  readonly log: Log;
}

/** The origins of a distribution, as its edge location asks them. */
export class Upstream {
  /** Requests sent, revalidations included. */
  requests = 0;

  readonly #distribution: DistributionOptions;
  readonly #identity: LocationIdentity;
  readonly #dependencies: UpstreamDependencies;

  constructor(distribution: DistributionOptions, identity: LocationIdentity, dependencies: UpstreamDependencies) {
    this.#distribution = distribution;
    this.#identity = identity;
    this.#dependencies = dependencies;
  }

  /** Asks the behaviour's origin, or those of its group in turn. An origin that can't be reached has answered 502 or 504. */
  async ask(behavior: BehaviorOptions, request: ViewerRequest, options: AskOptions): Promise<OriginResponse> {
    const group = this.#distribution.originGroups.find(({ id }) => id === behavior.originId);
    if (!group) return this.#askOne(behavior, behavior.originId, request, options);
    const [first, second] = group.members as [string, string];
    const response = await this.#askOne(behavior, first, request, options);
    // Only these methods fail over (Developer Guide, "Optimize high availability with CloudFront origin failover").
    const failsOver = ['GET', 'HEAD', 'OPTIONS'].includes(request.method) && group.statusCodes.includes(response.status);
    return failsOver ? this.#askOne(behavior, second, request, options) : response;
  }

  async #askOne(
    behavior: BehaviorOptions,
    originId: string,
    request: ViewerRequest,
    options: AskOptions,
  ): Promise<OriginResponse> {
    const { client, baseUrl, sign, latency, log } = this.#dependencies;
    const origin = this.#distribution.origins.find(({ id }) => id === originId) as OriginOptions;
    const requestId = this.#identity.nextRequestId();
    try {
      const base = baseUrl(origin.domainName);
      if (base === undefined) throw new OriginError(502, `no local server stands for host '${origin.domainName}'`, true);
      this.requests += 1;
      const sent = originRequest(behavior, origin, request, { requestId, via: this.#identity.via }, options);
      if (origin.signing) signOver(sent, origin.signing, sign);
      await latency.wait();
      const response = await client.send(origin, base, sent);
      const asked = !options.cached || options.validators !== undefined;
      if (response.status === 304 && !asked) throw new OriginError(502, 'it answered 304 to a request without conditions', false);
      return response;
    } catch (error) {
      if (!(error instanceof OriginError)) throw error;
      log('edge', `${error.status} for ${request.method} ${request.path}: ${error.message}`);
      const body = errorPage(error.status, 'CloudFront could not get an answer from the origin.', requestId);
      const headers = ['Server', 'CloudFront', 'Content-Type', 'text/html'];
      return { status: error.status, headers, body, connectMs: 0, firstByteMs: 0 };
    }
  }
}

/** Signs a request in place of whoever sent it, unless the origin's access control keeps the viewer's own signature. */
function signOver(request: OriginRequest, signing: OriginSigning, sign: UpstreamDependencies['sign']): void {
  const { headers } = request;
  const named = (name: string) => Object.keys(headers).filter((other) => other.toLowerCase() === name.toLowerCase());
  if (signing.keepsViewers && named('authorization').length > 0) return;
  for (const [name, value] of Object.entries(sign(request, signing))) {
    for (const sent of named(name)) delete headers[sent];
    headers[name] = value;
  }
}
