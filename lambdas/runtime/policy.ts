import { checkNumber } from './arguments';
import { got } from './error-text';
import { invalid } from './errors';

/** For how long each tier may keep a value, in seconds; fractions are allowed. Leave a tier out by giving it 0. */
export interface NamespaceFreshness {
  /**
   * How long a value may stay in the memory of one process, where no purge of another process reaches it.
   * @default 1
   */
  readonly memoryTtlSeconds?: number;

  /**
   * How long a value that this process reads very often may stay in its memory, where the cache has `hotKeys()`: from `memoryTtlSeconds` to
   * `sharedTtlSeconds`.
   * @default - memoryTtlSeconds
   */
  readonly hotMemoryTtlSeconds?: number;

  /**
   * How long a value is fresh in the shared tier (soft TTL).
   * @default 0 - the shared tier isn't used
   */
  readonly sharedTtlSeconds?: number;

  /**
   * How long the absence of a value is kept (negative entry); 0 keeps none.
   * @default 60, or the value's TTL where that is less
   */
  readonly negativeTtlSeconds?: number;

  /**
   * How long after its freshness a value may still be served while one reader loads it anew.
   * @default 0
   */
  readonly staleWhileRevalidateSeconds?: number;

  /**
   * How long after its freshness a value may still be served where its load fails.
   * @default 0
   */
  readonly staleIfErrorSeconds?: number;
}

/** How the values of a namespace are cached. */
export interface NamespacePolicy {
  /** For how long memory and the shared tier keep a value. */
  readonly freshness: NamespaceFreshness;

  /**
   * Tags of every entry of the namespace.
   * @default - none but the namespace's own, by which {@link Namespace.clear} purges it
   */
  readonly tags?: readonly string[];

  /**
   * Whether tag versions are read with every hit, so that a purge of a tag holds from the moment it returns. Costs a read of each tag
   * with each hit; without it a tag's version may be `tagTtlMs` old.
   * @default false
   */
  readonly strictTags?: boolean;

  /**
   * Whether hot keys may be read from replicas of the cluster, where the cache has `hotKeys()` with `replicas`. They may lag, so that even a
   * purge that has returned isn't seen for a moment; so not with `strictTags`.
   * @default false
   */
  readonly hotReplicas?: boolean;

  /**
   * Raise it when the shape of the values changes: old entries are then never read again.
   * @default 1
   */
  readonly version?: number;

  /**
   * Whether readers share one value, which is then frozen, or each gets a copy of its own, at the cost of the copy per hit.
   * @default 'frozen'
   */
  readonly share?: 'frozen' | 'copy';

  /**
   * How eagerly a value is loaded before its freshness ends (the beta of XFetch). 0 never loads early; 2 suits keys that are read rarely.
   * @default 1
   */
  readonly earlyRefresh?: number;

  /**
   * TTLs are shortened by up to this share, so that entries filled together don't end together.
   * @default 0.05
   */
  readonly jitter?: number;
}

/** What a route says; the policy of its entries follows from it. */
export interface RoutePolicy extends NamespacePolicy {
  readonly freshness: NamespaceFreshness & { readonly expire?: boolean };
}

/** A checked policy. Durations are milliseconds. */
export interface Policy {
  readonly memoryTtlMs: number;
  readonly hotMemoryTtlMs: number;
  readonly sharedTtlMs: number;
  readonly negativeTtlMs: number;
  readonly staleWhileRevalidateMs: number;
  readonly staleIfErrorMs: number;
  /** Whether a purge may make entries stale; else every purge makes them misses. */
  readonly expire: boolean;
  readonly strictTags: boolean;
  readonly hotReplicas: boolean;
  readonly share: 'frozen' | 'copy';
  readonly earlyRefresh: number;
  readonly jitter: number;
}

/** The longest TTL, in seconds: ten years. Anything above is a mistake of units. */
const MAX_TTL_SECONDS = 10 * 365 * 86_400;

/** How long a load's result may be fresh, in milliseconds: the shared tier's TTL, or memory's where that is the only tier. */
export function freshMs(policy: Policy): number {
  return policy.sharedTtlMs > 0 ? policy.sharedTtlMs : policy.memoryTtlMs;
}

/** @throws {CacheError} `E_INVALID_ARGUMENT` that names the namespace, the property, the rule and the value. */
export function checkPolicy(name: string, given: RoutePolicy): Policy {
  const where = `namespace '${name}': `;
  const fail = (property: string, rule: string, value: unknown): never => {
    throw invalid(`${where}'${property}' ${rule}, got: ${got(value)}`);
  };
  if (typeof given?.freshness !== 'object' || given.freshness === null) fail('freshness', 'must be given', given?.freshness);
  const {
    memoryTtlSeconds = 1,
    sharedTtlSeconds = 0,
    hotMemoryTtlSeconds = memoryTtlSeconds,
    negativeTtlSeconds = Math.min(60, sharedTtlSeconds || memoryTtlSeconds),
    staleWhileRevalidateSeconds = 0,
    staleIfErrorSeconds = 0,
  } = given.freshness;
  const ms = (property: string, seconds: number, most = MAX_TTL_SECONDS, least = 0): number =>
    Math.ceil(checkNumber(`freshness.${property}`, seconds, least, most, where) * 1000);
  // Without a memory tier nothing is kept in it, however hot.
  const hottest = memoryTtlSeconds > 0 ? Math.max(memoryTtlSeconds, sharedTtlSeconds) : 0;
  const policy: Policy = {
    memoryTtlMs: ms('memoryTtlSeconds', memoryTtlSeconds),
    sharedTtlMs: ms('sharedTtlSeconds', sharedTtlSeconds),
    hotMemoryTtlMs: ms('hotMemoryTtlSeconds', hotMemoryTtlSeconds, hottest, memoryTtlSeconds),
    negativeTtlMs: ms('negativeTtlSeconds', negativeTtlSeconds),
    staleWhileRevalidateMs: ms('staleWhileRevalidateSeconds', staleWhileRevalidateSeconds),
    staleIfErrorMs: ms('staleIfErrorSeconds', staleIfErrorSeconds),
    expire: given.freshness.expire ?? true,
    strictTags: given.strictTags ?? false,
    hotReplicas: given.hotReplicas ?? false,
    share: given.share ?? 'frozen',
    earlyRefresh: checkNumber('earlyRefresh', given.earlyRefresh ?? 1, 0, 100, where),
    jitter: checkNumber('jitter', given.jitter ?? 0.05, 0, 0.9, where),
  };
  if (freshMs(policy) === 0) fail('freshness', "must give 'memoryTtlSeconds' or 'sharedTtlSeconds' more than 0", 0);
  if (policy.hotReplicas && policy.strictTags) fail('hotReplicas', "must be false with 'strictTags'", true);
  if (policy.share !== 'frozen' && policy.share !== 'copy') fail('share', "must be 'frozen' or 'copy'", given.share);
  return policy;
}
