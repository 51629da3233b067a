import { atomicScript } from '../../connection/run-script';

/**
 * Scripts of sessions. KEYS is the hash of a user, with two fields a session: `<id>` is `<version> <JSON>`, and `<id>!` is
 * `<last use> <creation>` in epoch milliseconds, so that a use writes 27 bytes. ARGV begins with how long a session lives after
 * its last recorded use, and after its creation, in milliseconds.
 */
const COMMON = `
local key, idle, absolute = KEYS[1], tonumber(ARGV[1]), tonumber(ARGV[2])
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local function text(number) return string.format('%.0f', number) end
-- Last use and creation of a session, where it hasn't ended.
local function times(uses)
  local used, created = string.match(uses or '', '^(%d+) (%d+)$')
  if not used then return nil end
  used, created = tonumber(used), tonumber(created)
  if now >= used + idle or now >= created + absolute then return nil end
  return used, created
end
local function drop(id) redis.call('HDEL', key, id, id .. '!') end
-- Records a use, and keeps the hash for as long as this session needs it.
local function use(id, created)
  redis.call('HSET', key, id .. '!', text(now) .. ' ' .. text(created))
  local ends = math.min(now + idle, created + absolute) - now
  if redis.call('PTTL', key) < ends then redis.call('PEXPIRE', key, text(ends)) end
end
`;

/**
 * Begins a session. ARGV: its id, its text, most sessions of a user. Those that have ended are removed, and then those that were
 * used longest ago, as far as there are too many. Replies the time and how many the latter were.
 */
export const CREATE = atomicScript(`${COMMON}
local others = {}
for _, field in ipairs(redis.call('HKEYS', key)) do
  if string.sub(field, -1) == '!' then
    local id = string.sub(field, 1, -2)
    local used = times(redis.call('HGET', key, field))
    if used then others[#others + 1] = { id, used } else drop(id) end
  end
end
table.sort(others, function(a, b) return a[2] < b[2] or (a[2] == b[2] and a[1] < b[1]) end)
local removed = math.max(0, #others + 1 - tonumber(ARGV[5]))
for i = 1, removed do drop(others[i][1]) end
redis.call('HSET', key, ARGV[3], '1 ' .. ARGV[4])
use(ARGV[3], now)
return { text(now), removed }`);

/** Records a use. ARGV: id. Replies the time and the session's two fields; nothing where it has ended. */
export const USE = atomicScript(`${COMMON}
local id = ARGV[3]
local found = redis.call('HMGET', key, id, id .. '!')
local used, created = times(found[2])
if not used then
  drop(id)
  return false
end
use(id, created)
return { text(now), found[1], text(now) .. ' ' .. text(created) }`);

/**
 * Replaces what a session has, and its id. ARGV: id, version that the replacement was made of, its text, its id. Replies the
 * time, and the session's two fields as they are now; nothing where it has ended. The first reply is 1 where it was replaced, and
 * 0 where it has another version.
 */
export const REPLACE = atomicScript(`${COMMON}
local id, version, replacement, name = ARGV[3], ARGV[4], ARGV[5], ARGV[6]
local found = redis.call('HMGET', key, id, id .. '!')
local used, created = times(found[2])
if not used then
  drop(id)
  return false
end
if string.match(found[1], '^%d+') ~= version then return { 0, text(now), found[1], found[2] } end
if name ~= id then drop(id) end
local value = text(version + 1) .. ' ' .. replacement
redis.call('HSET', key, name, value)
use(name, created)
return { 1, text(now), value, text(now) .. ' ' .. text(created) }`);

/** Ends a session. ARGV: id. Replies how many there were. */
export const END = atomicScript(`
return redis.call('HDEL', KEYS[1], ARGV[1], ARGV[1] .. '!') == 2 and 1 or 0`);

/** Ends a user's sessions. ARGV: id of the one that stays, or nothing. Replies how many were ended. */
export const END_ALL = atomicScript(`
local before = redis.call('HLEN', KEYS[1])
if ARGV[1] == '' then
  redis.call('DEL', KEYS[1])
  return before / 2
end
for _, field in ipairs(redis.call('HKEYS', KEYS[1])) do
  if field ~= ARGV[1] and field ~= ARGV[1] .. '!' then redis.call('HDEL', KEYS[1], field) end
end
return (before - redis.call('HLEN', KEYS[1])) / 2`);
