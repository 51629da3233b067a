import { ALL, NONE } from './cache-key';
import type { CachePolicy, HeaderRule, OriginRequestPolicy, ResponseHeadersPolicy, Selection } from './options';

/**
 * AWS's own policies, which a template names by id alone. Settings: CloudFront Developer Guide, "Use managed cache policies",
 * "Use managed origin request policies", "Use managed response headers policies".
 */

const YEAR_SECONDS = 31_536_000;
const DAY_SECONDS = 86_400;

const listed = (...names: string[]): Selection => ({ behavior: 'listed', names: new Set(names) });

/** Forwarded and keyed by the two policies that leave caching to the origin's headers. */
const ORIGIN_CONTROL_HEADERS = listed('host', 'origin', 'x-http-method-override', 'x-http-method', 'x-method-override');

/** Managed cache policies by id. */
export const MANAGED_CACHE_POLICIES: Readonly<Record<string, CachePolicy>> = {
  '658327ea-f89d-4fab-a63d-7e88639e58f6': {
    name: 'Managed-CachingOptimized',
    minTtlSeconds: 1,
    defaultTtlSeconds: DAY_SECONDS,
    maxTtlSeconds: YEAR_SECONDS,
    queryStrings: NONE,
    headers: NONE,
    cookies: NONE,
    acceptGzip: true,
    acceptBrotli: true,
  },
  'b2884449-e4de-46a7-ac36-70bc7f1ddd6d': {
    name: 'Managed-CachingOptimizedForUncompressedObjects',
    minTtlSeconds: 1,
    defaultTtlSeconds: DAY_SECONDS,
    maxTtlSeconds: YEAR_SECONDS,
    queryStrings: NONE,
    headers: NONE,
    cookies: NONE,
    acceptGzip: false,
    acceptBrotli: false,
  },
  '4135ea2d-6df8-44a3-9df3-4b5a84be39ad': {
    name: 'Managed-CachingDisabled',
    minTtlSeconds: 0,
    defaultTtlSeconds: 0,
    maxTtlSeconds: 0,
    queryStrings: NONE,
    headers: NONE,
    cookies: NONE,
    acceptGzip: false,
    acceptBrotli: false,
  },
  '83da9c7e-98b4-4e11-a168-04f0df8e2c65': {
    name: 'Managed-UseOriginCacheControlHeaders',
    minTtlSeconds: 0,
    defaultTtlSeconds: 0,
    maxTtlSeconds: YEAR_SECONDS,
    queryStrings: NONE,
    headers: ORIGIN_CONTROL_HEADERS,
    cookies: ALL,
    acceptGzip: true,
    acceptBrotli: true,
  },
  '4cc15a8a-d715-48a4-82b8-cc0b614638fe': {
    name: 'Managed-UseOriginCacheControlHeaders-QueryStrings',
    minTtlSeconds: 0,
    defaultTtlSeconds: 0,
    maxTtlSeconds: YEAR_SECONDS,
    queryStrings: ALL,
    headers: ORIGIN_CONTROL_HEADERS,
    cookies: ALL,
    acceptGzip: true,
    acceptBrotli: true,
  },
};

/** Managed origin request policies by id. */
export const MANAGED_ORIGIN_REQUEST_POLICIES: Readonly<Record<string, OriginRequestPolicy>> = {
  'b689b0a8-53d0-40ab-baf2-68738e2966ac': {
    name: 'Managed-AllViewerExceptHostHeader',
    queryStrings: ALL,
    headers: { behavior: 'allExcept', names: new Set(['host']) },
    addedHeaders: [],
    cookies: ALL,
  },
  '216adef6-5c7f-47e4-b989-5492eafa07d3': {
    name: 'Managed-AllViewer',
    queryStrings: ALL,
    headers: ALL,
    addedHeaders: [],
    cookies: ALL,
  },
  'acba4595-bd28-49b8-b9fe-13317c0390fa': {
    name: 'Managed-UserAgentRefererHeaders',
    queryStrings: NONE,
    headers: listed('user-agent', 'referer'),
    addedHeaders: [],
    cookies: NONE,
  },
  '59781a5b-3903-41f3-afcb-af62929ccde1': {
    name: 'Managed-CORS-CustomOrigin',
    queryStrings: NONE,
    headers: listed('origin'),
    addedHeaders: [],
    cookies: NONE,
  },
  '88a5eaf4-2fd4-4709-b370-b4c650ea3fcf': {
    name: 'Managed-CORS-S3Origin',
    queryStrings: NONE,
    headers: listed('origin', 'access-control-request-headers', 'access-control-request-method'),
    addedHeaders: [],
    cookies: NONE,
  },
  'bf0718e1-ba1e-49d1-88b1-f726733018ae': {
    name: 'Managed-HostHeaderOnly',
    queryStrings: NONE,
    headers: listed('host'),
    addedHeaders: [],
    cookies: NONE,
  },
};

const SECURITY: readonly HeaderRule[] = [
  { name: 'X-XSS-Protection', value: '1; mode=block', override: false },
  { name: 'X-Frame-Options', value: 'SAMEORIGIN', override: false },
  { name: 'Referrer-Policy', value: 'strict-origin-when-cross-origin', override: false },
  { name: 'X-Content-Type-Options', value: 'nosniff', override: true },
  { name: 'Strict-Transport-Security', value: 'max-age=31536000', override: false },
];

const SIMPLE_CORS = {
  origins: ['*'],
  methods: [],
  headers: [],
  exposed: [],
  credentials: false,
  maxAgeSeconds: undefined,
  override: false,
};

const PREFLIGHT_CORS = {
  ...SIMPLE_CORS,
  methods: ['GET', 'DELETE', 'HEAD', 'OPTIONS', 'PATCH', 'POST', 'PUT'],
  exposed: ['*'],
};

/** Managed response headers policies by id. */
export const MANAGED_RESPONSE_HEADERS_POLICIES: Readonly<Record<string, ResponseHeadersPolicy>> = {
  '67f7725c-6f97-4210-82d7-5512b31e9d03': { name: 'Managed-SecurityHeadersPolicy', removes: [], rules: SECURITY },
  '60669652-455b-4ae9-85a4-c4c02393f86c': { name: 'Managed-SimpleCORS', removes: [], rules: [], cors: SIMPLE_CORS },
  '5cc3b908-e619-4b99-88e5-2cf7f45965bd': { name: 'Managed-CORS-With-Preflight', removes: [], rules: [], cors: PREFLIGHT_CORS },
  'e61eb60c-9c35-4d20-a928-2b84e02af89c': {
    name: 'Managed-CORS-and-SecurityHeadersPolicy',
    removes: [],
    rules: SECURITY,
    cors: SIMPLE_CORS,
  },
  'eaab4381-ed33-4a86-88ca-d9558dc6cd63': {
    name: 'Managed-CORS-with-preflight-and-SecurityHeadersPolicy',
    removes: [],
    rules: SECURITY,
    cors: PREFLIGHT_CORS,
  },
};
