import { unknownGenerated } from './generated-headers';
import type { CachePolicy, CorsRule, HeaderRule, OriginRequestPolicy, ResponseHeadersPolicy, Selection } from './options';

/** Properties of a resource, as the template has them. */
// biome-ignore lint/suspicious/noExplicitAny: CloudFormation properties have no static shape here
type Properties = Record<string, any>;

/** CloudFront's defaults of a cache policy that doesn't say. */
const DEFAULT_TTL_SECONDS = 86_400;
const MAX_TTL_SECONDS = 31_536_000;

/** Cache policy of an `AWS::CloudFront::CachePolicy`. @throws {Error} on a setting that doesn't exist. */
export function cachePolicyFrom(properties: Properties): CachePolicy {
  const config = properties.CachePolicyConfig;
  const key = config.ParametersInCacheKeyAndForwardedToOrigin;
  const headers = selection(key.HeadersConfig?.HeaderBehavior, key.HeadersConfig?.Headers, lower);
  refuseUnknown(config.Name, headers.names);
  refuseUnforwarded(config.Name, headers.names);
  const minTtlSeconds = Number(config.MinTTL ?? 0);
  const defaultTtlSeconds = Number(config.DefaultTTL ?? Math.max(DEFAULT_TTL_SECONDS, minTtlSeconds));
  const maxTtlSeconds = Number(config.MaxTTL ?? Math.max(MAX_TTL_SECONDS, defaultTtlSeconds));
  if (minTtlSeconds > defaultTtlSeconds || defaultTtlSeconds > maxTtlSeconds) {
    throw new Error(
      `edge: cache policy '${config.Name}': 'MinTTL' <= 'DefaultTTL' <= 'MaxTTL' doesn't hold, ` +
        `got: ${minTtlSeconds}, ${defaultTtlSeconds}, ${maxTtlSeconds}`,
    );
  }
  return {
    name: config.Name,
    minTtlSeconds,
    defaultTtlSeconds,
    maxTtlSeconds,
    queryStrings: selection(key.QueryStringsConfig?.QueryStringBehavior, key.QueryStringsConfig?.QueryStrings),
    headers,
    cookies: selection(key.CookiesConfig?.CookieBehavior, key.CookiesConfig?.Cookies),
    acceptGzip: flag(key.EnableAcceptEncodingGzip),
    acceptBrotli: flag(key.EnableAcceptEncodingBrotli),
  };
}

/** Origin request policy of an `AWS::CloudFront::OriginRequestPolicy`. @throws {Error} on a setting that doesn't exist. */
export function originRequestPolicyFrom(properties: Properties): OriginRequestPolicy {
  const config = properties.OriginRequestPolicyConfig;
  const { HeaderBehavior, Headers } = config.HeadersConfig ?? {};
  const adds = HeaderBehavior === 'allViewerAndWhitelistCloudFront';
  const headers = adds ? selection('all', []) : selection(HeaderBehavior, Headers, lower);
  const addedHeaders: string[] = adds ? (Headers ?? []).map(lower) : [];
  refuseUnknown(config.Name, [...headers.names, ...addedHeaders]);
  return {
    name: config.Name,
    queryStrings: selection(config.QueryStringsConfig?.QueryStringBehavior, config.QueryStringsConfig?.QueryStrings),
    headers,
    addedHeaders,
    cookies: selection(config.CookiesConfig?.CookieBehavior, config.CookiesConfig?.Cookies),
  };
}

/** Response headers policy of an `AWS::CloudFront::ResponseHeadersPolicy`. */
export function responseHeadersPolicyFrom(properties: Properties): ResponseHeadersPolicy {
  const config = properties.ResponseHeadersPolicyConfig;
  const timing = config.ServerTimingHeadersConfig;
  const custom: HeaderRule[] = (config.CustomHeadersConfig?.Items ?? []).map((item: Properties) => ({
    name: item.Header,
    value: item.Value,
    override: flag(item.Override),
  }));
  return {
    name: config.Name,
    removes: (config.RemoveHeadersConfig?.Items ?? []).map((item: Properties) => lower(item.Header)),
    rules: [...securityRules(config.SecurityHeadersConfig ?? {}), ...custom],
    cors: config.CorsConfig ? corsFrom(config.CorsConfig) : undefined,
    serverTimingRate: timing && flag(timing.Enabled) ? Number(timing.SamplingRate ?? 0) / 100 : undefined,
  };
}

function securityRules(config: Properties): HeaderRule[] {
  const rules: HeaderRule[] = [];
  const add = (name: string, setting: Properties | undefined, value: (setting: Properties) => string) => {
    if (setting) rules.push({ name, value: value(setting), override: flag(setting.Override) });
  };
  add('Content-Security-Policy', config.ContentSecurityPolicy, (setting) => setting.ContentSecurityPolicy);
  add('X-Content-Type-Options', config.ContentTypeOptions, () => 'nosniff');
  add('X-Frame-Options', config.FrameOptions, (setting) => setting.FrameOption);
  add('Referrer-Policy', config.ReferrerPolicy, (setting) => setting.ReferrerPolicy);
  add('Strict-Transport-Security', config.StrictTransportSecurity, (setting) => {
    const subdomains = flag(setting.IncludeSubdomains) ? '; includeSubDomains' : '';
    return `max-age=${setting.AccessControlMaxAgeSec}${subdomains}${flag(setting.Preload) ? '; preload' : ''}`;
  });
  add('X-XSS-Protection', config.XSSProtection, (setting) => {
    const report = setting.ReportUri ? `; report=${setting.ReportUri}` : '';
    return `${flag(setting.Protection) ? '1' : '0'}${flag(setting.ModeBlock) ? '; mode=block' : ''}${report}`;
  });
  return rules;
}

const ALL_METHODS = ['GET', 'DELETE', 'HEAD', 'OPTIONS', 'PATCH', 'POST', 'PUT'];

function corsFrom(config: Properties): CorsRule {
  const methods: string[] = config.AccessControlAllowMethods?.Items ?? [];
  return {
    origins: config.AccessControlAllowOrigins?.Items ?? [],
    methods: methods.includes('ALL') ? ALL_METHODS : methods,
    headers: config.AccessControlAllowHeaders?.Items ?? [],
    exposed: config.AccessControlExposeHeaders?.Items ?? [],
    credentials: flag(config.AccessControlAllowCredentials),
    maxAgeSeconds: config.AccessControlMaxAgeSec === undefined ? undefined : Number(config.AccessControlMaxAgeSec),
    override: flag(config.OriginOverride),
  };
}

function selection(behavior: string | undefined, names: readonly string[] | undefined, fold = (name: string) => name): Selection {
  const set = new Set((names ?? []).map(fold));
  switch (behavior) {
    case undefined:
    case 'none':
      return { behavior: 'none', names: new Set() };
    case 'all':
    case 'allViewer':
      return { behavior: 'all', names: new Set() };
    case 'whitelist':
      return {
        behavior: 'listed',
        names: set,
        ...(fold === lower && { spelling: new Map(names?.map((name) => [lower(name), name])) }),
      };
    case 'allExcept':
      return { behavior: 'allExcept', names: set };
    default:
      throw new Error(`edge: a policy's behaviour must be none, whitelist, all, allExcept or allViewer, got: '${behavior}'`);
  }
}

function refuseUnknown(policy: string, names: Iterable<string>): void {
  const [unknown] = unknownGenerated(names);
  if (unknown !== undefined)
    throw new Error(`edge: policy '${policy}' names header '${unknown}', which isn't generated here; remove it`);
}

/**
 * Headers that no policy may name, since CloudFront removes or sets them whatever policies say. One in the cache key would be a
 * part of the key that the origin doesn't see.
 *
 * @see https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/RequestAndResponseBehaviorCustomOrigin.html
 */
const UNFORWARDED =
  /^(connection|content-length|cookie|expect|keep-alive|proxy-.*|te|trailer|transfer-encoding|upgrade|via|x-amz-cf-.*|x-edge-.*|x-forwarded-proto|x-real-ip)$/;

function refuseUnforwarded(policy: string, names: Iterable<string>): void {
  for (const name of names) {
    if (UNFORWARDED.test(name))
      throw new Error(`edge: cache policy '${policy}' names header '${name}', which isn't forwarded; remove it`);
  }
}

function lower(name: string): string {
  return name.toLowerCase();
}

/** CloudFormation takes `true` and `"true"` alike. */
export function flag(value: unknown): boolean {
  return value === true || value === 'true';
}
