import type { ViewerRequest } from './cache-key';
import type { BehaviorOptions } from './options';
import { generates } from './origin-request';

/**
 * Headers that CloudFront makes up from the viewer's connection where a policy names them. A viewer on this machine is a desktop
 * browser over HTTPS in no known country; `ZZ` is the code that ISO 3166 leaves to such uses.
 */
const GENERATED: Readonly<Record<string, (request: ViewerRequest) => string>> = {
  'cloudfront-forwarded-proto': () => 'https',
  'cloudfront-is-android-viewer': () => 'false',
  'cloudfront-is-desktop-viewer': () => 'true',
  'cloudfront-is-ios-viewer': () => 'false',
  'cloudfront-is-mobile-viewer': () => 'false',
  'cloudfront-is-smarttv-viewer': () => 'false',
  'cloudfront-is-tablet-viewer': () => 'false',
  'cloudfront-viewer-address': (request) => `${request.address}:0`,
  'cloudfront-viewer-country': () => 'ZZ',
  'cloudfront-viewer-http-version': () => '1.1',
  'cloudfront-viewer-tls': () => 'TLSv1.3:TLS_AES_128_GCM_SHA256:fullHandshake',
};

/** The generated headers that a behaviour's policies name; empty for most, so that a request need not be copied. */
export function generatedNames(behavior: BehaviorOptions): string[] {
  return Object.keys(GENERATED).filter((name) => generates(behavior, name));
}

/** Names of `CloudFront-*` headers in the list that aren't generated here. */
export function unknownGenerated(names: Iterable<string>): string[] {
  return [...names].filter((name) => name.startsWith('cloudfront-') && !Object.hasOwn(GENERATED, name));
}

/** The request with these headers in place of whatever the viewer sent under their names. */
export function withGenerated(request: ViewerRequest, names: readonly string[]): ViewerRequest {
  const headers: Record<string, string | undefined> = Object.assign(Object.create(null), request.headers);
  for (const name of names) headers[name] = (GENERATED[name] as (request: ViewerRequest) => string)(request);
  return { ...request, headers };
}
