import { checkNumber, mustBe } from './arguments';

/** TTLs of a value in each tier, in seconds; fractions are allowed. Leave a tier out by giving it 0. */
export interface NamespaceFreshness {
  /**
   * TTL of a value in the memory of one process, where no purge of another process reaches it.
   * @default 1
   */
  readonly memoryTtlSeconds?: number;

  /**
   * TTL in memory of a value that this process reads very often, where the cache has `hotKeys()`: from `memoryTtlSeconds` to
   * `sharedTtlSeconds`.
   * @default - memoryTtlSeconds
   */
  readonly hotMemoryTtlSeconds?: number;

  /**
   * Time for which a value is fresh in the shared tier (soft TTL).
   * @default 0 - the shared tier isn't used
   */
  readonly sharedTtlSeconds?: number;

  /**
   * TTL of the absence of a value (negative entry); 0 stores none.
   * @default 60, or the value's TTL where that is less
   */
  readonly negativeTtlSeconds?: number;

  /**
   * Time after its freshness in which a value may still be served while one reader loads it anew.
   * @default 0
   */
  readonly staleWhileRevalidateSeconds?: number;

  /**
   * Time after its freshness in which a value may still be served where its load fails.
   * @default 0
   */
  readonly staleIfErrorSeconds?: number;
}

/** Policy of a namespace. */
export interface NamespacePolicy {
  /** TTLs of memory and the shared tier. */
  readonly freshness: NamespaceFreshness;

  /**
   * Tags of every entry of the namespace.
   * @default - none but the namespace's own, by which {@link Namespace.clear} purges it
   */
  readonly tags?: readonly string[];

  /**
   * True where tag versions are read with every hit, so that a purge of a tag holds from the moment it returns. Costs a read of
   * each tag with each hit; without it a tag's version may be `tagTtlMs` old.
   * @default false
   */
  readonly strictTags?: boolean;

  /**
   * True where hot keys may be read from replicas of the cluster, where the cache has `hotKeys()` with `replicas`. They may lag,
   * so that even a purge that has returned isn't seen for a moment; so not with `strictTags`.
   * @default false
   */
  readonly hotReplicas?: boolean;

  /**
   * Version of the values' shape. Raise it when that changes: old entries are then never read again.
   * @default 1
   */
  readonly version?: number;

  /**
   * Sharing of a value: readers have one, which is then frozen, or each gets a copy of its own, at the cost of the copy per hit.
   * @default 'frozen'
   */
  readonly share?: 'frozen' | 'copy';

  /**
   * Eagerness of a load before the end of the freshness (the beta of XFetch). 0 never loads early; 2 suits keys that are read
   * rarely.
   * @default 1
   */
  readonly earlyRefresh?: number;

  /**
   * Largest share by which TTLs are shortened at random, so that entries filled together don't end together.
   * @default 0.05
   */
  readonly jitter?: number;
}

/** Policy of a route, as its declaration gives it. */
export interface RoutePolicy extends NamespacePolicy {
  readonly freshness: NamespaceFreshness & { readonly expire?: boolean };
}

/** Policy that was checked. Durations are milliseconds. */
export interface Policy {
  readonly memoryMs: number;
  readonly hotMs: number;
  readonly sharedMs: number;
  readonly negativeMs: number;
  readonly staleMs: number;
  readonly errorMs: number;
  /** True where a purge may make entries stale; else every purge makes them misses. */
  readonly expire: boolean;
  readonly strictTags: boolean;
  readonly hotReplicas: boolean;
  readonly share: 'frozen' | 'copy';
  readonly earlyRefresh: number;
  readonly jitter: number;
}

/** Longest TTL, in seconds: ten years. Anything above is a mistake of units. */
const MAX_TTL_SECONDS = 10 * 365 * 86_400;

/** Freshness of a load's result, in milliseconds: the shared tier's TTL, or memory's where that is the only tier. */
export function freshMs(policy: Policy): number {
  return policy.sharedMs > 0 ? policy.sharedMs : policy.memoryMs;
}

/** Checks a policy. @throws {CacheError} `E_INVALID_ARGUMENT` that names the namespace, the property, the rule and the value. */
export function checkPolicy(name: string, given: RoutePolicy): Policy {
  const where = `namespace '${name}': `;
  mustBe(given?.freshness === Object(given?.freshness), 'freshness', 'given', given?.freshness, where);
  const { memoryTtlSeconds = 1, sharedTtlSeconds = 0, expire = true } = given.freshness;
  const { strictTags = false, hotReplicas = false, share = 'frozen', earlyRefresh = 1, jitter = 0.05 } = given;
  const ms = (property: keyof NamespaceFreshness, byDefault: number, most = MAX_TTL_SECONDS, least = 0): number =>
    Math.ceil(checkNumber(`freshness.${property}`, given.freshness[property] ?? byDefault, least, most, where) * 1000);
  // Without a memory tier nothing is kept in it, however hot.
  const hottest = memoryTtlSeconds > 0 ? Math.max(memoryTtlSeconds, sharedTtlSeconds) : 0;
  const policy: Policy = {
    memoryMs: ms('memoryTtlSeconds', 1),
    sharedMs: ms('sharedTtlSeconds', 0),
    hotMs: ms('hotMemoryTtlSeconds', memoryTtlSeconds, hottest, memoryTtlSeconds),
    negativeMs: ms('negativeTtlSeconds', Math.min(60, sharedTtlSeconds || memoryTtlSeconds)),
    staleMs: ms('staleWhileRevalidateSeconds', 0),
    errorMs: ms('staleIfErrorSeconds', 0),
    expire,
    strictTags,
    hotReplicas,
    share,
    earlyRefresh: checkNumber('earlyRefresh', earlyRefresh, 0, 100, where),
    jitter: checkNumber('jitter', jitter, 0, 0.9, where),
  };
  mustBe(freshMs(policy) > 0, 'freshness', "given 'memoryTtlSeconds' or 'sharedTtlSeconds' more than 0", 0, where);
  mustBe(!hotReplicas || !strictTags, 'hotReplicas', "false with 'strictTags'", true, where);
  mustBe(share === 'frozen' || share === 'copy', 'share', "'frozen' or 'copy'", share, where);
  return policy;
}
