import { EXPIRED, FLAG_AT, FORMAT, ROW_END, ROW_START, TOKEN_END, TOKEN_START } from './envelope';

/**
 * The fenced lease, as scripts that run on the master of one slot. KEYS are the value `v:{k}` and the fence `f:{k}`, a hash with
 * `t` (lease token), `u` (end of the lease, epoch ms), `m` (least version that a replica's load must contain), `w` (writers that are about
 * to commit, each with the end of its intent) and `r` (greatest version of the row that is known, '~' for one that isn't); or one tag.
 * All times are the server's, and each reply carries it, so that a client's clock is never compared with another's.
 */

const NOW = `local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
`;

/** The intents that still hold, without one writer's. */
const INTENTS = `local function intents(text, but)
  local kept = ''
  for writer, till in string.gmatch(text or '', '(%S+):(%d+)') do
    if writer ~= but and tonumber(till) > now then kept = kept .. writer .. ':' .. till .. ' ' end
  end
  return kept
end
`;

/** Makes the fence live for as long as `life` milliseconds say, or longer. */
const KEEP_FENCE = `local function keep(life)
  if redis.call('PTTL', KEYS[2]) < tonumber(life) then redis.call('PEXPIRE', KEYS[2], life) end
end
`;

/**
 * ARGV: token, lease in ms, token of the entry that the caller has seen and refused ('' for none).
 * Replies `HIT, now, entry`, `WAIT, now, ms left`, `BYPASS, now` or `GRANT, now, least version`. Asking again with the same token is safe
 * until the load begins.
 */
const LEASE = `${NOW}${INTENTS}${KEEP_FENCE}
local stored = redis.call('GETRANGE', KEYS[1], ${TOKEN_START}, ${TOKEN_END})
if stored ~= '' and stored ~= ARGV[3] then return {'HIT', now, redis.call('GET', KEYS[1])} end
local fence = redis.call('HMGET', KEYS[2], 't', 'u', 'm', 'w')
if fence[4] and intents(fence[4]) ~= '' then return {'BYPASS', now} end
if fence[1] and fence[1] ~= ARGV[1] and (tonumber(fence[2]) or 0) > now then return {'WAIT', now, tonumber(fence[2]) - now} end
redis.call('HSET', KEYS[2], 't', ARGV[1], 'u', now + ARGV[2])
keep(ARGV[2] + 1000)
return {'GRANT', now, fence[3] or ''}`;

/** ARGV: token, lease in ms. Never gives a lease that was lost: its load may have begun before the purge that took it. */
const RENEW = `${NOW}${KEEP_FENCE}
if redis.call('HGET', KEYS[2], 't') ~= ARGV[1] then return 0 end
redis.call('HSET', KEYS[2], 'u', now + ARGV[2])
keep(ARGV[2] + 1000)
return 1`;

/**
 * ARGV: token, version of a replica's load ('' for a primary's), TTL in ms, entry.
 * Replies `OK`, or `REJECT` where a purge or a later lease came in between, or the load is too old.
 */
const FILL = `${NOW}
local fence = redis.call('HMGET', KEYS[2], 't', 'm')
if fence[1] ~= ARGV[1] then return {'REJECT', now} end
redis.call('HDEL', KEYS[2], 't', 'u')
if ARGV[2] ~= '' and fence[2] and ARGV[2] < fence[2] then return {'REJECT', now} end
redis.call('SET', KEYS[1], ARGV[4], 'PX', ARGV[3])
return {'OK', now}`;

/** ARGV: token. Gives up a lease whose load failed, so that nobody waits for it. */
const RELEASE = `if redis.call('HGET', KEYS[2], 't') == ARGV[1] then redis.call('HDEL', KEYS[2], 't', 'u') end
return 1`;

/** What every purge of a key does to its fence. */
const FENCE = `local function fence(version, row, life)
  redis.call('HDEL', KEYS[2], 't', 'u')
  local known = redis.call('HMGET', KEYS[2], 'm', 'r')
  if not known[1] or known[1] < version then redis.call('HSET', KEYS[2], 'm', version) end
  if not known[2] or known[2] < row then redis.call('HSET', KEYS[2], 'r', row) end
  keep(life)
end
`;

/**
 * ARGV: version, life of the fence in ms, 'delete' or 'expire', writer ('' for none), version of the row ('' for unknown).
 * Purges one key and refuses every fill whose load began before.
 */
const INVALIDATE = `${NOW}${INTENTS}${KEEP_FENCE}${FENCE}
if ARGV[3] ~= 'expire' then redis.call('DEL', KEYS[1])
elseif redis.call('GETRANGE', KEYS[1], 0, ${FORMAT.length - 1}) == '${FORMAT}' then redis.call('SETRANGE', KEYS[1], ${FLAG_AT}, '${EXPIRED}') end
if ARGV[4] ~= '' then
  local left = intents(redis.call('HGET', KEYS[2], 'w'), ARGV[4])
  if left == '' then redis.call('HDEL', KEYS[2], 'w') else redis.call('HSET', KEYS[2], 'w', left) end
end
fence(ARGV[1], ARGV[5] == '' and '~' or ARGV[5], ARGV[2])
return 1`;

/**
 * ARGV: version, life of the fence in ms, version of the row, TTL in ms, entry. Purges one key as {@link INVALIDATE} does, and stores the
 * value in hand where no newer version of the row is known. A row that is newer needs no purge: its writer has purged after this one's commit.
 */
const PUT = `${NOW}${INTENTS}${KEEP_FENCE}${FENCE}
local state = redis.call('HMGET', KEYS[2], 'r', 'w')
local known = state[1] or ''
if redis.call('GETRANGE', KEYS[1], 0, ${FORMAT.length - 1}) == '${FORMAT}' then
  local stored = redis.call('GETRANGE', KEYS[1], ${ROW_START}, ${ROW_END})
  if stored > known then known = stored end
end
if known ~= '~' and known > ARGV[3] then return 0 end
redis.call('DEL', KEYS[1])
fence(ARGV[1], ARGV[3], ARGV[2])
if known == '~' or (state[2] and intents(state[2]) ~= '') then return 0 end
redis.call('SET', KEYS[1], ARGV[5], 'PX', ARGV[4])
return 1`;

/** ARGV: writer, life of the intent in ms. Removes the entry, takes the lease away, and lets nobody fill until the writer is done. */
const INTEND = `${NOW}${INTENTS}${KEEP_FENCE}
redis.call('DEL', KEYS[1])
redis.call('HDEL', KEYS[2], 't', 'u')
local others = intents(redis.call('HGET', KEYS[2], 'w'), ARGV[1])
redis.call('HSET', KEYS[2], 'w', others .. ARGV[1] .. ':' .. string.format('%d', now + ARGV[2]))
keep(ARGV[2] + 1000)
return 1`;

/** ARGV: type. Removes a key of another type, which somebody else wrote: the cache's own commands fail on it. */
const REPAIR = `if redis.call('TYPE', KEYS[1]).ok ~= ARGV[1] then return redis.call('DEL', KEYS[1]) end
return 0`;

/**
 * A tag is a text of four fields: mark and version of its last delete, mark and version of its last expire.
 * ARGV: new mark, version, TTL in ms. Creates the tag where it is missing; replies the tag as it is then.
 */
const CREATE_TAG = `local tag = redis.call('GET', KEYS[1])
if tag and string.match(tag, '^%S+ %x+ %S+ %x+$') then return tag end
tag = ARGV[1] .. ' ' .. ARGV[2] .. ' ' .. ARGV[1] .. ' ' .. ARGV[2]
redis.call('SET', KEYS[1], tag, 'PX', ARGV[3])
return tag`;

/**
 * ARGV: new mark, version, TTL in ms, 'delete', 'expire' or 'timeline'. A purge older than the last one of its kind changes nothing, because
 * entries that were captured since then contain it; one of the same version does, because two commits can lie at one position. `timeline`
 * deletes where the version begins a newer timeline than the last delete's, so that of all who notice it one purges.
 */
const PURGE_TAG = `local tag = redis.call('GET', KEYS[1])
local fields = {}
for field in string.gmatch(tag or '', '%S+') do fields[#fields + 1] = field end
local function sound(version) return version and #version == 24 and string.match(version, '^%x+$') end
if #fields ~= 4 or not sound(fields[2]) or not sound(fields[4]) then fields = {ARGV[1], ARGV[2], ARGV[1], ARGV[2]} else
  local at = ARGV[4] == 'expire' and 3 or 1
  local newer = ARGV[2] >= fields[at + 1]
  if ARGV[4] == 'timeline' then newer = string.sub(ARGV[2], 1, 8) > string.sub(fields[at + 1], 1, 8) end
  if newer then fields[at] = ARGV[1] fields[at + 1] = ARGV[2] end
end
redis.call('SET', KEYS[1], table.concat(fields, ' '), 'PX', ARGV[3])
return 1`;

/** ioredis registers each under its name, sends its hash, and the text only where the server doesn't know it. */
export const SCRIPTS = {
  cacheLease: { numberOfKeys: 2, lua: LEASE },
  cacheRenew: { numberOfKeys: 2, lua: RENEW },
  cacheFill: { numberOfKeys: 2, lua: FILL },
  cacheRelease: { numberOfKeys: 2, lua: RELEASE },
  cacheInvalidate: { numberOfKeys: 2, lua: INVALIDATE },
  cachePut: { numberOfKeys: 2, lua: PUT },
  cacheIntend: { numberOfKeys: 2, lua: INTEND },
  cacheRepair: { numberOfKeys: 1, lua: REPAIR },
  cacheCreateTag: { numberOfKeys: 1, lua: CREATE_TAG },
  cachePurgeTag: { numberOfKeys: 1, lua: PURGE_TAG },
} as const;
