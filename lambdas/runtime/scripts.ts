import { TOKEN_END, TOKEN_START } from './envelope';

/**
 * The fenced lease, as scripts that run on the master of one slot. KEYS are the value `v:{k}` and the fence `f:{k}`, a hash with
 * `t` (lease token), `u` (end of the lease, epoch ms) and `m` (least version that a replica's load must contain), or one tag.
 * All times are the server's, and each reply carries it, so that a client's clock is never compared with another's.
 */

const NOW = `local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
`;

/**
 * ARGV: token, lease in ms, token of the entry that the caller has seen and refused ('' for none).
 * Replies `HIT, now, entry`, `WAIT, now, ms left` or `GRANT, now, least version`. Asking again with the same token is safe.
 */
const LEASE = `${NOW}
local stored = redis.call('GETRANGE', KEYS[1], ${TOKEN_START}, ${TOKEN_END})
if stored ~= '' and stored ~= ARGV[3] then return {'HIT', now, redis.call('GET', KEYS[1])} end
local fence = redis.call('HMGET', KEYS[2], 't', 'u', 'm')
if fence[1] and fence[1] ~= ARGV[1] and tonumber(fence[2]) > now then return {'WAIT', now, tonumber(fence[2]) - now} end
redis.call('HSET', KEYS[2], 't', ARGV[1], 'u', now + ARGV[2])
if redis.call('PTTL', KEYS[2]) < ARGV[2] + 1000 then redis.call('PEXPIRE', KEYS[2], ARGV[2] + 1000) end
return {'GRANT', now, fence[3] or ''}`;

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

/** ARGV: version, life of the fence in ms. Purges one key and refuses every fill whose load began before. */
const INVALIDATE = `redis.call('DEL', KEYS[1])
redis.call('HDEL', KEYS[2], 't', 'u')
local least = redis.call('HGET', KEYS[2], 'm')
if not least or least < ARGV[1] then redis.call('HSET', KEYS[2], 'm', ARGV[1]) end
if redis.call('PTTL', KEYS[2]) < tonumber(ARGV[2]) then redis.call('PEXPIRE', KEYS[2], ARGV[2]) end
return 1`;

/**
 * A tag is a text of four fields: mark and version of its last delete, mark and version of its last expire.
 * ARGV: new mark, version, TTL in ms. Creates the tag where it is missing; replies the tag as it is then.
 */
const CREATE_TAG = `local tag = redis.call('GET', KEYS[1])
if tag then return tag end
tag = ARGV[1] .. ' ' .. ARGV[2] .. ' ' .. ARGV[1] .. ' ' .. ARGV[2]
redis.call('SET', KEYS[1], tag, 'PX', ARGV[3])
return tag`;

/**
 * ARGV: new mark, version, TTL in ms, 'delete' or 'expire'. A purge older than the last one of its kind changes nothing, because entries
 * that were captured since then contain it; one of the same version does, because two commits can lie at one position.
 */
const PURGE_TAG = `local tag = redis.call('GET', KEYS[1])
local fields = {}
for field in string.gmatch(tag or '', '%S+') do fields[#fields + 1] = field end
if #fields ~= 4 then fields = {ARGV[1], ARGV[2], ARGV[1], ARGV[2]} else
  local at = ARGV[4] == 'expire' and 3 or 1
  if ARGV[2] >= fields[at + 1] then fields[at] = ARGV[1] fields[at + 1] = ARGV[2] end
end
redis.call('SET', KEYS[1], table.concat(fields, ' '), 'PX', ARGV[3])
return 1`;

/** ioredis registers each under its name, sends its hash, and the text only where the server doesn't know it. */
export const SCRIPTS = {
  cacheLease: { numberOfKeys: 2, lua: LEASE },
  cacheFill: { numberOfKeys: 2, lua: FILL },
  cacheRelease: { numberOfKeys: 2, lua: RELEASE },
  cacheInvalidate: { numberOfKeys: 2, lua: INVALIDATE },
  cacheCreateTag: { numberOfKeys: 1, lua: CREATE_TAG },
  cachePurgeTag: { numberOfKeys: 1, lua: PURGE_TAG },
} as const;
