import type { BehaviorOptions } from './behaviors';
import type { CustomErrorResponse } from './errors';
import type { OriginOptions } from './origin';

/** A pair of origins of which the second is asked where the first fails. */
export interface OriginGroupOptions {
  readonly id: string;
  /** Ids of the first and the second origin. */
  readonly members: readonly string[];
  /** Statuses of the first that count as failure; 502 and 504 stand for an origin that can't be reached or is silent. */
  readonly statusCodes: readonly number[];
}

/** A distribution, as its template says. */
export interface DistributionOptions {
  /** Stack and logical id; names the port of a second distribution. */
  readonly name: string;
  /** 14 characters, such as `E0123456789ABC`. */
  readonly id: string;
  readonly arn: string;
  /** `<id>.cloudfront.net`, in lower case. */
  readonly domainName: string;
  /** A distribution that isn't enabled answers 403. */
  readonly enabled: boolean;
  /** Without a leading slash; empty where there is none. */
  readonly defaultRootObject: string;
  readonly origins: readonly OriginOptions[];
  readonly originGroups: readonly OriginGroupOptions[];
  /** In the order of the template, the default behaviour last. */
  readonly behaviors: readonly BehaviorOptions[];
  readonly customErrors: readonly CustomErrorResponse[];
  /** Name of the header that carries an object's tags, in lower case. Without it tags mean nothing. */
  readonly cacheTagHeader?: string;
}
