import { FORMAT, ROW_END, ROW_START } from '../entry/envelope';

/**
 * KEYS are the value, its fence (see the other scripts), and the stream of their slot. A queued write is an intent of the writer `wb-<row>`: the key
 * may be loaded, and filled by nobody, until that row is in the database. Of a key's queued writes the latest row's intent stands for all.
 */

/** The consumer group of every stream. */
export const GROUP = 'flush';

const INTENTS = `local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
-- Intents that still hold: those of others, and the latest row of queued writes that is newer than 'than'.
local function intents(than)
  local others, row, till = '', '', '0'
  for writer, ends in string.gmatch(redis.call('HGET', KEYS[2], 'w') or '', '(%S+):(%d+)') do
    if tonumber(ends) > now then
      local queued = string.match(writer, '^wb%-(%d+)$')
      if not queued then others = others .. writer .. ':' .. ends .. ' '
      elseif queued > than and queued > row then row, till = queued, ends end
    end
  end
  return others, row, till
end
local function announce(text)
  if text == '' then redis.call('HDEL', KEYS[2], 'w') else redis.call('HSET', KEYS[2], 'w', text) end
end
local function keep(life)
  if redis.call('PTTL', KEYS[2]) < tonumber(life) then redis.call('PEXPIRE', KEYS[2], life) end
end
-- Row of the entry; '' where there is none.
local function stored()
  if redis.call('GETRANGE', KEYS[1], 0, ${FORMAT.length - 1}) ~= '${FORMAT}' then return '' end
  return redis.call('GETRANGE', KEYS[1], ${ROW_START}, ${ROW_END})
end
`;

/**
 * ARGV: row, pin in ms, TTL in ms, entry, most writes in the stream, then the stream's fields. Replies `STORED`, `QUEUED` where the write is queued and the
 * entry isn't changed (a newer row is known) or is gone (somebody purged the key, or is about to write it), and `FULL` where nothing was done.
 */
export const ENQUEUE = `${INTENTS}
if redis.call('XLEN', KEYS[3]) >= tonumber(ARGV[5]) then return 'FULL' end
if redis.call('EXISTS', KEYS[3]) == 0 then redis.call('XGROUP', 'CREATE', KEYS[3], '${GROUP}', '0', 'MKSTREAM') end
redis.call('XADD', KEYS[3], '*', unpack(ARGV, 6))
local known = redis.call('HGET', KEYS[2], 'r') or ''
local row = stored()
if row > known then known = row end
local others, queued, till = intents('')
if known ~= '~' and known > ARGV[1] then return 'QUEUED' end
redis.call('DEL', KEYS[1])
redis.call('HDEL', KEYS[2], 't', 'u')
if ARGV[1] >= queued then queued, till = ARGV[1], string.format('%d', now + ARGV[2]) end
announce(others .. 'wb-' .. queued .. ':' .. till .. ' ')
if known < ARGV[1] then redis.call('HSET', KEYS[2], 'r', ARGV[1]) end
keep(ARGV[2] + 1000)
if known == '~' or others ~= '' then return 'QUEUED' end
redis.call('SET', KEYS[1], ARGV[4], 'PX', ARGV[3])
return 'STORED'`;

/**
 * ARGV: row that is in the database now, version of the database, life of the fence in ms, ids of the writes that this is the latest of. What was loaded
 * without the row is gone, and loads from a replica that lacks it are refused.
 */
export const ACKNOWLEDGE = `${INTENTS}
for i = 4, #ARGV do
  redis.call('XACK', KEYS[3], '${GROUP}', ARGV[i])
  redis.call('XDEL', KEYS[3], ARGV[i])
end
if redis.call('XLEN', KEYS[3]) == 0 then redis.call('DEL', KEYS[3]) end
local row = stored()
if row ~= '' and row < ARGV[1] then redis.call('DEL', KEYS[1]) end
local others, queued, till = intents(ARGV[1])
announce(others .. (queued ~= '' and 'wb-' .. queued .. ':' .. till .. ' ' or ''))
redis.call('HDEL', KEYS[2], 't', 'u')
local known = redis.call('HMGET', KEYS[2], 'm', 'r')
if not known[1] or known[1] < ARGV[2] then redis.call('HSET', KEYS[2], 'm', ARGV[2]) end
if not known[2] or known[2] < ARGV[1] then redis.call('HSET', KEYS[2], 'r', ARGV[1]) end
keep(ARGV[3])
return 1`;
