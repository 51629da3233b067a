import { EXPIRED, FLAG_AT, FORMAT, ROW_END, ROW_START, TOKEN_END, TOKEN_START } from '../entry/envelope';

/**
 * Fenced lease, as scripts that run on the master of one slot. KEYS are the value `v:{k}` and the fence `f:{k}`, a hash with `t`
 * (lease token), `u` (end of the lease, epoch ms), `m` (least version that a replica's load must contain), `w` (writers that are
 * about to commit, each with the end of its intent) and `r` (greatest version of the row that is known, '~' for one that isn't);
 * or one tag. All times are the server's, and a lease's reply carries it, so that a client's clock is never compared with
 * another's.
 */

/** Begin of every script. */
const KEYED = 'local call, key, fence = redis.call, KEYS[1], KEYS[2]\n';

/** Begin of a script that needs the server's time, `now`, in epoch milliseconds. */
export const NOW = `${KEYED}local time = call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
`;

/** Function `intents`: the intents that still hold, without one writer's. */
const INTENTS = `local function intents(text, but)
  local kept = ''
  for writer, till in string.gmatch(text or '', '(%S+):(%d+)') do
    if writer ~= but and tonumber(till) > now then kept = kept .. writer .. ':' .. till .. ' ' end
  end
  return kept
end
`;

/** Function `keep`: makes the fence live for `life` milliseconds, or longer. */
export const KEEP_FENCE = `local function keep(life)
  if call('PTTL', fence) < tonumber(life) then call('PEXPIRE', fence, life) end
end
`;

/**
 * Lease of an entry. ARGV: token, lease in ms, token of the entry that the caller has seen and refused ('' for none). Replies
 * `HIT, now, entry`, `WAIT, now, ms left`, `BYPASS, now` or `GRANT, now, least version`. Asking again with the same token is safe
 * until the load begins.
 */
const LEASE = `${NOW}${INTENTS}${KEEP_FENCE}
local stored = call('GETRANGE', key, ${TOKEN_START}, ${TOKEN_END})
if stored ~= '' and stored ~= ARGV[3] then return {'HIT', now, call('GET', key)} end
local held = call('HMGET', fence, 't', 'u', 'm', 'w')
if held[4] and intents(held[4]) ~= '' then return {'BYPASS', now} end
local left = (tonumber(held[2]) or 0) - now
if held[1] and held[1] ~= ARGV[1] and left > 0 then return {'WAIT', now, left} end
call('HSET', fence, 't', ARGV[1], 'u', now + ARGV[2])
keep(ARGV[2] + 1000)
return {'GRANT', now, held[3] or ''}`;

/**
 * Renewal of a lease. ARGV: token, lease in ms; 0 gives it up, so that nobody waits for a load that failed. Never gives a lease
 * that was lost: its load may have begun before the purge that took it.
 */
const RENEW = `${NOW}${KEEP_FENCE}
if call('HGET', fence, 't') ~= ARGV[1] then return 0 end
call('HSET', fence, 'u', now + ARGV[2])
keep(ARGV[2] + 1000)
return 1`;

/**
 * Fill of an entry. ARGV: token, version of a replica's load ('' for a primary's), TTL in ms, entry.
 * Replies 1, or 0 where a purge or a later lease came in between, or the load is too old.
 */
const FILL = `${KEYED}local held = call('HMGET', fence, 't', 'm')
if held[1] ~= ARGV[1] then return 0 end
call('HDEL', fence, 't', 'u')
if ARGV[2] ~= '' and held[2] and ARGV[2] < held[2] then return 0 end
call('SET', key, ARGV[4], 'PX', ARGV[3])
return 1`;

/** Effect of every purge of a key on its fence. */
const RAISE_FENCE = `local function raise(version, row, life)
  call('HDEL', fence, 't', 'u')
  local known = call('HMGET', fence, 'm', 'r')
  if not known[1] or known[1] < version then call('HSET', fence, 'm', version) end
  if not known[2] or known[2] < row then call('HSET', fence, 'r', row) end
  keep(life)
end
`;

/**
 * Purge of one key. ARGV: version, life of the fence in ms, 'delete' or 'expire', writer ('' for none), version of the row (''
 * for unknown). It refuses every fill whose load began before.
 */
export const PURGE_KEY = `${NOW}${INTENTS}${KEEP_FENCE}${RAISE_FENCE}
if ARGV[3] ~= 'expire' then call('DEL', key)
elseif call('GETRANGE', key, 0, ${FORMAT.length - 1}) == '${FORMAT}' then call('SETRANGE', key, ${FLAG_AT}, '${EXPIRED}') end
if ARGV[4] ~= '' then
  local left = intents(call('HGET', fence, 'w'), ARGV[4])
  if left == '' then call('HDEL', fence, 'w') else call('HSET', fence, 'w', left) end
end
raise(ARGV[1], ARGV[5] == '' and '~' or ARGV[5], ARGV[2])
return 1`;

/**
 * Write of a value in hand. ARGV: version, life of the fence in ms, version of the row, TTL in ms, entry. Purges one key as
 * {@link PURGE_KEY} does, and stores the value in hand where no newer version of the row is known. A row that is newer needs no
 * purge: its writer has purged after this one's commit.
 */
export const PUT = `${NOW}${INTENTS}${KEEP_FENCE}${RAISE_FENCE}
local state = call('HMGET', fence, 'r', 'w')
local known = state[1] or ''
if call('GETRANGE', key, 0, ${FORMAT.length - 1}) == '${FORMAT}' then
  local stored = call('GETRANGE', key, ${ROW_START}, ${ROW_END})
  if stored > known then known = stored end
end
if known ~= '~' and known > ARGV[3] then return 0 end
call('DEL', key)
raise(ARGV[1], ARGV[3], ARGV[2])
if known == '~' or (state[2] and intents(state[2]) ~= '') then return 0 end
call('SET', key, ARGV[5], 'PX', ARGV[4])
return 1`;

/**
 * Intent of a write. ARGV: writer, life of the intent in ms. Removes the entry, takes the lease away, and lets nobody fill until
 * the writer is done.
 */
export const INTEND = `${NOW}${INTENTS}${KEEP_FENCE}
call('DEL', key)
call('HDEL', fence, 't', 'u')
local others = intents(call('HGET', fence, 'w'), ARGV[1])
call('HSET', fence, 'w', others .. ARGV[1] .. ':' .. string.format('%d', now + ARGV[2]))
keep(ARGV[2] + 1000)
return 1`;

/** Repair of a key. ARGV: type. Removes a key of another type, which somebody else wrote: the cache's own commands fail on it. */
const REPAIR = `${KEYED}if call('TYPE', key).ok ~= ARGV[1] then return call('DEL', key) end
return 0`;

/**
 * Purge of a tag. A tag is a text of four fields: mark and version of its last delete, mark and version of its last expire. One
 * that is missing is created. ARGV: new mark, version, TTL in ms, 'create', 'delete', 'expire' or 'timeline'. Replies the tag as
 * it is then. A purge older than the last one of its kind changes nothing, because entries that were captured since then contain
 * it; one of the same version does, because two commits can lie at one position. `timeline` deletes where the version begins a
 * newer timeline than the last delete's, so that of all who notice it one purges. Where memory is full and nothing may be
 * evicted, the tag is removed, which makes its entries misses as well, and is never refused.
 */
export const PURGE_TAG = `${KEYED}local mark, version, mode = ARGV[1], ARGV[2], ARGV[4]
local deleted, deletedAt, expired, expiredAt = string.match(call('GET', key) or '', '^(%S+) (%x+) (%S+) (%x+)$')
if not deleted or #deletedAt ~= 24 or #expiredAt ~= 24 then deleted, deletedAt, expired, expiredAt = mark, version, mark, version
elseif mode == 'expire' then
  if version >= expiredAt then expired, expiredAt = mark, version end
elseif mode == 'timeline' and string.sub(version, 1, 8) > string.sub(deletedAt, 1, 8) or mode == 'delete' and version >= deletedAt then
  deleted, deletedAt = mark, version
end
local tag = table.concat({deleted, deletedAt, expired, expiredAt}, ' ')
if redis.pcall('SET', key, tag, 'PX', ARGV[3]).err then call('DEL', key) end
return tag`;

const script = (lua: string, numberOfKeys = 2) => ({ lua, numberOfKeys });

/**
 * Scripts that ioredis registers under these names; it sends a script's hash, and the text only where the server doesn't know it.
 */
export const SCRIPTS = {
  cacheLease: script(LEASE),
  cacheRenew: script(RENEW),
  cacheFill: script(FILL),
  cacheRepair: script(REPAIR, 1),
  cachePurgeTag: script(PURGE_TAG, 1),
};
