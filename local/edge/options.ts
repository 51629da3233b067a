/** A distribution, as its template says. */
export interface DistributionOptions {
  /** Stack and logical id; names the port of a second distribution. */
  readonly name: string;
  /** 14 characters, such as `E0123456789ABC`. */
  readonly id: string;
  readonly arn: string;
  /** `<id>.cloudfront.net`, in lower case. */
  readonly domainName: string;
  /** Other names that it answers to, in lower case; `*.example.com` is all below `example.com`. */
  readonly aliases: readonly string[];
  /** A distribution that isn't enabled answers 403. */
  readonly enabled: boolean;
  /** Path of the object served at `/`, without a leading slash; empty where there is none. */
  readonly defaultRootObject: string;
  readonly origins: readonly OriginOptions[];
  readonly originGroups: readonly OriginGroupOptions[];
  /** Behaviours in the order of the template, the default one last. */
  readonly behaviors: readonly BehaviorOptions[];
  readonly customErrors: readonly CustomErrorResponse[];
  /** Name of the header that carries an object's tags, in lower case. Without it tags mean nothing. */
  readonly cacheTagHeader?: string;
}

/** A cache behaviour of a distribution. */
export interface BehaviorOptions {
  /** Path pattern; `*` is any text, `?` any one character. The default behaviour has `*`. */
  readonly pathPattern: string;
  /** Id of the origin, or of the group of origins. */
  readonly originId: string;
  readonly allowedMethods: readonly string[];
  /** GET and HEAD, and OPTIONS where the template says so. */
  readonly cachedMethods: readonly string[];
  readonly cachePolicy: CachePolicy;
  readonly originRequestPolicy?: OriginRequestPolicy;
  readonly responseHeadersPolicy?: ResponseHeadersPolicy;
  readonly viewerProtocolPolicy: 'allow-all' | 'https-only' | 'redirect-to-https';
  /** True where the edge compresses what the origin sent uncompressed. */
  readonly compress: boolean;
  readonly functions?: ViewerFunctions;
}

/** Selection of a viewer's query strings, headers or cookies by name, as policies state it. */
export interface Selection {
  /** `allViewer` and `allViewerExcept` are said of headers, `all` and `allExcept` of the others; they mean the same. */
  readonly behavior: 'none' | 'all' | 'listed' | 'allExcept';
  readonly names: ReadonlySet<string>;
  /** Names of headers as the policy spells them, by name in lower case; absent for other selections. */
  readonly spelling?: ReadonlyMap<string, string>;
}

/** The TTLs of a cache policy, in seconds. CloudFront holds `min <= default <= max`. */
export interface TtlPolicy {
  readonly minTtlSeconds: number;
  readonly defaultTtlSeconds: number;
  readonly maxTtlSeconds: number;
}

/** A cache policy: what makes two requests the same object, and for how long. */
export interface CachePolicy extends TtlPolicy {
  readonly name: string;
  /** Names are case-sensitive. */
  readonly queryStrings: Selection;
  /** Names are in lower case. */
  readonly headers: Selection;
  /** Names are case-sensitive. */
  readonly cookies: Selection;
  readonly acceptGzip: boolean;
  readonly acceptBrotli: boolean;
}

/** An origin request policy: what the origin sees besides the cache key. */
export interface OriginRequestPolicy {
  readonly name: string;
  readonly queryStrings: Selection;
  /** Names are in lower case. */
  readonly headers: Selection;
  /** `CloudFront-*` headers that are added to all of the viewer's, in lower case. */
  readonly addedHeaders: readonly string[];
  readonly cookies: Selection;
}

/** One header that a policy adds. */
export interface HeaderRule {
  readonly name: string;
  readonly value: string;
  /** True where it replaces the origin's header of that name; otherwise the origin's stays. */
  readonly override: boolean;
}

/** The CORS headers of a policy; added to answers to requests with an `Origin`. */
export interface CorsRule {
  /** `*`, origins, or origins with a wildcard as their leftmost part. */
  readonly origins: readonly string[];
  readonly methods: readonly string[];
  readonly headers: readonly string[];
  readonly exposed: readonly string[];
  readonly credentials: boolean;
  readonly maxAgeSeconds: number | undefined;
  readonly override: boolean;
}

/** A response headers policy: what is removed from and added to what a viewer gets. Removal comes first. */
export interface ResponseHeadersPolicy {
  readonly name: string;
  /** Names in lower case. */
  readonly removes: readonly string[];
  /** Security headers and custom headers. */
  readonly rules: readonly HeaderRule[];
  readonly cors?: CorsRule;
  /** Share of the responses that get a `Server-Timing` header, 0 to 1; absent where the header is off. */
  readonly serverTimingRate?: number;
}

/** The CloudFront Functions of a behaviour. */
export interface ViewerFunctions {
  readonly viewerRequest?: ViewerFunction;
  readonly viewerResponse?: ViewerFunction;
}

/** A CloudFront Function, by its code. */
export interface ViewerFunction {
  readonly name: string;
  readonly code: string;
}

/** An origin of a distribution. */
export interface OriginOptions {
  readonly id: string;
  /** Its name in the template; the local server behind it is looked up by this name. */
  readonly domainName: string;
  /** Prefix of the viewer's path: empty, or with a leading and without a trailing slash. */
  readonly path: string;
  readonly customHeaders: Readonly<Record<string, string>>;
  /** Origin access control. @default - requests aren't signed */
  readonly signing?: OriginSigning;
  /** 1 to 3. */
  readonly connectionAttempts: number;
  /** Limit of each attempt, in seconds; 1 to 10. */
  readonly connectionTimeoutSeconds: number;
  /** Limit until the response begins, and between its packets, in seconds. */
  readonly readTimeoutSeconds: number;
  /** Limit of the whole response, in seconds; without it there is none but the one between packets. */
  readonly completionTimeoutSeconds?: number;
}

/** Signing of requests to an origin in the distribution's name. */
export interface OriginSigning {
  /** Signing name of the service behind the origin. */
  readonly service: 's3' | 'lambda';
  /** True where a viewer's own `Authorization` is left as it is. */
  readonly keepsViewers: boolean;
}

/** A pair of origins of which the second is asked where the first fails. */
export interface OriginGroupOptions {
  readonly id: string;
  /** Ids of the first and the second origin. */
  readonly members: readonly string[];
  /** Statuses of the first that count as failure; 502 and 504 stand for an origin that can't be reached or is silent. */
  readonly statusCodes: readonly number[];
}

/** Custom error response of a distribution, for one status. */
export interface CustomErrorResponse {
  readonly errorCode: number;
  /** Shortest time for which the error is cached, in seconds. */
  readonly cachingMinTtlSeconds: number;
  /** Status that the viewer gets instead, along with the page. */
  readonly responseCode?: number;
  /** Path of the page that the viewer gets instead, fetched through the behaviour that it matches. */
  readonly responsePagePath?: string;
}
