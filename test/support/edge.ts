import { ALL, NONE } from '../../local/edge/cache-key';
import type { BehaviorOptions, CachePolicy, DistributionOptions, OriginOptions } from '../../local/edge/options';

/** A cache policy with nothing in its key, and TTLs of 0, 60 and 3600 s. */
export function cachePolicy(parts: Partial<CachePolicy> = {}): CachePolicy {
  return {
    name: 'test',
    minTtlSeconds: 0,
    defaultTtlSeconds: 60,
    maxTtlSeconds: 3600,
    queryStrings: NONE,
    headers: NONE,
    cookies: NONE,
    acceptGzip: false,
    acceptBrotli: false,
    ...parts,
  };
}

/** A behaviour for everything, with all methods. */
export function behavior(parts: Partial<BehaviorOptions> = {}): BehaviorOptions {
  return {
    pathPattern: '*',
    originId: 'api',
    allowedMethods: ['GET', 'HEAD', 'OPTIONS', 'PUT', 'PATCH', 'POST', 'DELETE'],
    cachedMethods: ['GET', 'HEAD'],
    cachePolicy: cachePolicy({ queryStrings: ALL }),
    viewerProtocolPolicy: 'redirect-to-https',
    compress: false,
    ...parts,
  };
}

/** Host name of the test's origin. */
export const ORIGIN_HOST = 'abc123.execute-api.eu-west-1.amazonaws.com';

/** An origin below the stage path `/live`. */
export function origin(parts: Partial<OriginOptions> = {}): OriginOptions {
  return {
    id: 'api',
    domainName: ORIGIN_HOST,
    path: '/live',
    customHeaders: {},
    connectionAttempts: 1,
    connectionTimeoutSeconds: 10,
    readTimeoutSeconds: 30,
    ...parts,
  };
}

/** A distribution with one origin and one behaviour, and tags in the header `cache-tag`. */
export function distribution(parts: Partial<DistributionOptions> = {}): DistributionOptions {
  return {
    name: 'Stack/Distribution',
    id: 'E0123456789ABC',
    arn: 'arn:aws:cloudfront::000000000000:distribution/E0123456789ABC',
    domainName: 'e0123456789abc.cloudfront.net',
    aliases: ['viewer.example'],
    enabled: true,
    defaultRootObject: '',
    origins: [origin()],
    originGroups: [],
    behaviors: [behavior()],
    customErrors: [],
    cacheTagHeader: 'cache-tag',
    ...parts,
  };
}
