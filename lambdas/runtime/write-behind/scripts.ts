import { script } from '../connection/script';
import { FORMAT, ROW_END, ROW_START } from '../entry/format';
import { KEEP_FENCE, NOW } from '../shared/scripts';

/**
 * Scripts of queued writes. KEYS are the value, its fence (see the other scripts), and the stream of their slot. A queued write
 * is an intent of the writer `wb-<row>`: the key may be loaded, and filled by nobody, until that row is in the database. Of a
 * key's queued writes the latest row's intent stands for all.
 */

/** Consumer group of every stream. */
export const GROUP = 'flush';

/** Functions of both scripts; `intents` splits what the other scripts' function of this name has in one. */
const COMMON = `${NOW}${KEEP_FENCE}
-- Intents of others, the latest row of queued writes that is newer than 'than' with its end, and whether one of others holds.
local function intents(than)
  local others, row, till, held = '', '', '0', false
  for writer, ends in string.gmatch(c('HGET', f, 'w') or '', '(%S+):(%d+)') do
    local holds = tonumber(ends) > now
    local queued = string.match(writer, '^wb%-(%d+)$')
    if not queued then
      others = others .. writer .. ':' .. ends .. ' '
      held = held or holds
    elseif holds and queued > than and queued > row then row, till = queued, ends end
  end
  return others, row, till, held
end
local function announce(text)
  if text == '' then c('HDEL', f, 'w') else c('HSET', f, 'w', text) end
end
-- Row of the entry; '' where there is none.
local function stored()
  if c('GETRANGE', k, 0, ${FORMAT.length - 1}) ~= '${FORMAT}' then return '' end
  return c('GETRANGE', k, ${ROW_START}, ${ROW_END})
end
`;

/**
 * Queues a write. ARGV: row, pin in ms, TTL in ms, entry, most writes in the stream, row that must be the one that is known (''
 * to compare nothing), then the stream's fields. Replies `STORED`, `QUEUED` where the write is queued and the entry isn't changed
 * (a newer row is known) or is gone (somebody purged the key, or is about to write it), and, where nothing was done, `FULL`, or
 * `CONFLICT` where another row is known, or none.
 */
export const ENQUEUE = script(`${COMMON}
local known = c('HGET', f, 'r') or ''
local row = stored()
if row > known then known = row end
if ARGV[6] ~= '' and known ~= ARGV[6] then return 'CONFLICT' end
if c('XLEN', KEYS[3]) >= tonumber(ARGV[5]) then return 'FULL' end
if c('EXISTS', KEYS[3]) == 0 then c('XGROUP', 'CREATE', KEYS[3], '${GROUP}', '0', 'MKSTREAM') end
c('XADD', KEYS[3], '*', unpack(ARGV, 7))
local others, queued, till, held = intents('')
if known ~= '~' and known > ARGV[1] then return 'QUEUED' end
c('DEL', k)
c('HDEL', f, 't', 'u')
if ARGV[1] >= queued then queued, till = ARGV[1], string.format('%d', now + ARGV[2]) end
announce(others .. 'wb-' .. queued .. ':' .. till .. ' ')
if known < ARGV[1] then c('HSET', f, 'r', ARGV[1]) end
keep(ARGV[2] + 1000)
if known == '~' or held then return 'QUEUED' end
c('SET', k, ARGV[4], 'PX', ARGV[3])
return 'STORED'`);

/**
 * Removes writes that are done. ARGV: row that is in the database now, version of the database, life of the fence in ms, ids of
 * the writes that this is the latest of. Removes what was loaded without the row, and loads from a replica that lacks it are
 * refused.
 */
export const ACKNOWLEDGE = script(`${COMMON}
for i = 4, #ARGV do
  c('XACK', KEYS[3], '${GROUP}', ARGV[i])
  c('XDEL', KEYS[3], ARGV[i])
end
if c('XLEN', KEYS[3]) == 0 then c('DEL', KEYS[3]) end
local row = stored()
if row ~= '' and row < ARGV[1] then c('DEL', k) end
local others, queued, till = intents(ARGV[1])
announce(others .. (queued ~= '' and 'wb-' .. queued .. ':' .. till .. ' ' or ''))
c('HDEL', f, 't', 'u')
local known = c('HMGET', f, 'm', 'r')
if not known[1] or known[1] < ARGV[2] then c('HSET', f, 'm', ARGV[2]) end
if not known[2] or known[2] < ARGV[1] then c('HSET', f, 'r', ARGV[1]) end
keep(ARGV[3])
return 1`);
