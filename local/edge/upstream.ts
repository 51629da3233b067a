import type { Log } from '../types';
import type { BehaviorOptions } from './behaviors';
import type { ViewerRequest } from './cache-key';
import type { DistributionOptions } from './distribution';
import { errorPage } from './errors';
import type { LocationIdentity } from './location-identity';
import { type OriginClient, OriginError, type OriginOptions, type OriginResponse } from './origin';
import { originRequest, type Validators } from './origin-request';

/** How an origin is asked. */
export interface AskOptions {
  /** Whether the response may be stored. */
  readonly cached: boolean;
  readonly validators?: Validators;
  readonly body?: Buffer;
}

/** The origins of a distribution, as its edge location asks them. */
export class Upstream {
  /** Requests sent, revalidations included. */
  requests = 0;

  constructor(
    private readonly distribution: DistributionOptions,
    private readonly identity: LocationIdentity,
    private readonly dependencies: {
      readonly client: OriginClient;
      /** Base URL of the local server that stands for a host, if there is one. */
      readonly baseUrl: (domainName: string) => string | undefined;
      readonly log: Log;
    },
  ) {}

  /** Asks the behaviour's origin, or those of its group in turn. An origin that can't be reached has answered 502 or 504. */
  async ask(behavior: BehaviorOptions, request: ViewerRequest, options: AskOptions): Promise<OriginResponse> {
    const group = this.distribution.originGroups.find(({ id }) => id === behavior.originId);
    if (!group) return this.askOne(behavior, behavior.originId, request, options);
    const [first, second] = group.members as [string, string];
    const response = await this.askOne(behavior, first, request, options);
    // Only these methods fail over (Developer Guide, "Optimize high availability with CloudFront origin failover").
    const failsOver = ['GET', 'HEAD', 'OPTIONS'].includes(request.method) && group.statusCodes.includes(response.status);
    return failsOver ? this.askOne(behavior, second, request, options) : response;
  }

  private async askOne(
    behavior: BehaviorOptions,
    originId: string,
    request: ViewerRequest,
    options: AskOptions,
  ): Promise<OriginResponse> {
    const { client, baseUrl, log } = this.dependencies;
    const origin = this.distribution.origins.find(({ id }) => id === originId) as OriginOptions;
    const requestId = this.identity.nextRequestId();
    try {
      const base = baseUrl(origin.domainName);
      if (base === undefined) throw new OriginError(502, `no local server stands for host '${origin.domainName}'`, true);
      this.requests += 1;
      const sent = originRequest(behavior, origin, request, { requestId, via: this.identity.via }, options);
      return await client.send(origin, base, sent);
    } catch (error) {
      if (!(error instanceof OriginError)) throw error;
      log('edge', `${error.status} for ${request.method} ${request.path}: ${error.message}`);
      const body = errorPage(error.status, 'CloudFront could not get an answer from the origin.', requestId);
      const headers = ['Server', 'CloudFront', 'Content-Type', 'text/html'];
      return { status: error.status, headers, body, connectMs: 0, firstByteMs: 0 };
    }
  }
}
