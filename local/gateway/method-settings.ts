import type { Method, MethodSetting, Stage } from './options';

/** API Gateway's default and longest TTL of a cached response, in seconds. */
const DEFAULT_TTL_SECONDS = 300;
const MAX_TTL_SECONDS = 3600;

/** Settings that apply to one method on one stage. */
export interface EffectiveSettings {
  /** TTL for a request with this HTTP method, in seconds; 0 where its responses aren't cached. */
  cacheTtlSeconds(httpMethod: string): number;
  /** Undefined where the stage sets none. */
  readonly throttle: { readonly rate: number; readonly burst: number } | undefined;
}

/**
 * A resource path of a method setting: slashes are written `~1`, after an initial slash that is none of the path.
 * @returns the path as the resource has it, or `/*`.
 */
export function decodeResourcePath(encoded: string): string {
  if (encoded === '/*' || encoded === '*') return '/*';
  return encoded.replace(/^\//, '').replaceAll('~1', '/') || '/';
}

/**
 * The settings of a method: what names the method wins over what names all, value by value. A cache for all methods holds answers
 * to GET only; other methods are cached where they are named.
 */
export function effectiveSettings(stage: Stage, method: Method): EffectiveSettings {
  const own = stage.methodSettings.find(
    (setting) => setting.resourcePath === method.resourcePath && setting.httpMethod === method.httpMethod,
  );
  const all = stage.methodSettings.find((setting) => setting.resourcePath === '/*' && setting.httpMethod === '*');
  const value = <Name extends keyof MethodSetting>(name: Name) => own?.[name] ?? all?.[name];

  const cached = stage.cacheBytes !== undefined && value('cachingEnabled') === true;
  const ttl = cached ? Math.min(value('cacheTtlSeconds') ?? DEFAULT_TTL_SECONDS, MAX_TTL_SECONDS) : 0;
  const named = own?.cachingEnabled === true ? own.httpMethod : undefined;
  const rate = value('throttlingRateLimit');
  const burst = value('throttlingBurstLimit');
  // -1 is how the API says that there is no limit.
  const limited = rate !== undefined && burst !== undefined && rate >= 0 && burst >= 0;
  return {
    cacheTtlSeconds: (httpMethod) => (httpMethod === 'GET' || httpMethod === named ? ttl : 0),
    throttle: limited ? { rate, burst } : undefined,
  };
}
