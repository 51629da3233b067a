import { entryName } from '../entry/entry-name';

/** Kind of a pattern's keys. */
interface Kind {
  /** Folder of the pattern that alone writes them. */
  readonly owner: string;
  /** Type in Redis. */
  readonly type: 'string' | 'list' | 'hash' | 'set' | 'zset' | 'hyperloglog';
  /** What makes them end. */
  readonly ttl: string;
  /** True for what no database has, so that it must not be evicted: `noeviction`, or a tier of its own. */
  readonly isState: boolean;
}

/** Kinds of keys of all patterns. Those of the cache itself are `v`, `f`, `t` and `q`, and `bus` for its channels. */
export const KINDS = {
  se: { owner: 'sessions', type: 'hash', ttl: 'that of the last session', isState: true },
  rl: { owner: 'rate-limit', type: 'string', ttl: 'a window', isState: true },
  rg: { owner: 'rate-limit', type: 'list', ttl: 'a window', isState: true },
  iv: { owner: 'inventory', type: 'hash', ttl: 'that of the last hold', isState: true },
  ih: { owner: 'inventory', type: 'zset', ttl: 'that of the last hold', isState: true },
  iq: { owner: 'inventory', type: 'hash', ttl: 'that of the last hold', isState: true },
  is: { owner: 'inventory', type: 'zset', ttl: 'that of the last hold', isState: true },
  us: { owner: 'usage', type: 'hash', ttl: '7 days to 400', isState: true },
  ud: { owner: 'usage', type: 'set', ttl: 'twice the time of repetitions', isState: true },
  ut: { owner: 'usage', type: 'set', ttl: '7 days', isState: true },
  fe: { owner: 'fenced-set', type: 'zset', ttl: 'keepSeconds', isState: false },
  ff: { owner: 'fenced-set', type: 'hash', ttl: 'keepSeconds', isState: false },
  lb: { owner: 'leaderboards', type: 'zset', ttl: 'a period', isState: true },
  ts: { owner: 'time-series', type: 'string', ttl: 'that of its resolution', isState: true },
  hl: { owner: 'time-series', type: 'hyperloglog', ttl: 'that of its resolution', isState: true },
  ge: { owner: 'geo', type: 'zset', ttl: 'keepSeconds', isState: false },
  gp: { owner: 'generations', type: 'hash', ttl: 'keepSeconds', isState: false },
  up: { owner: 'upstream', type: 'string', ttl: 'a rest', isState: false },
  ub: { owner: 'upstream', type: 'string', ttl: 'a period', isState: true },
  pp: { owner: 'popularity', type: 'zset', ttl: '8 days', isState: false },
} as const satisfies Record<string, Kind>;

/** Name of a kind. */
export type KindName = keyof typeof KINDS;

/**
 * Name of a pattern's key, `<namespace>:<kind>:<name>:{<id>}` and what else tells keys of one slot apart. Any text is an id; one
 * that is long, or has blanks, braces or anything beyond ASCII, is known by its hash.
 *
 * @throws {CacheError} `E_INVALID_ARGUMENT` where the id isn't a text, or is empty.
 */
export function patternKey(namespace: string, kind: KindName, name: string, id: string, rest = ''): string {
  return `${namespace}:${kind}:${name}:{${entryName('', id)}}${rest}`;
}
