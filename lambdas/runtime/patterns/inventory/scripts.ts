import { atomicScript } from '../../connection/run-script';

/**
 * Scripts of one item. KEYS: the item, a hash with `base` (what the database has), `version` (that row's), `held` and `sold`;
 * holds by their end; their quantities, 0 for one that was sold; and sales that `base` may not have yet, each
 * `<version>:<quantity>`, by version. What is available is `base - held - sold`.
 *
 * ARGV begins with what the caller knows of the row, its version and quantity, of which the newer counts, whoever brings it; and
 * with how long the keys live, in milliseconds. Where the item's own key was evicted, the
 * others say what is held and sold. Holds that have ended are returned first, at most 100 at a time.
 */
const COMMON = `
local item, ends, quantities, sales = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local call = redis.call
local time = call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local function text(number) return string.format('%.0f', number) end
local function sum(list, pattern)
  local total = 0
  for _, each in ipairs(list) do total = total + tonumber(string.match(each, pattern)) end
  return total
end
local state = call('HMGET', item, 'base', 'version', 'held', 'sold')
local base, version, held, sold = tonumber(state[1]), tonumber(state[2]), tonumber(state[3]), tonumber(state[4])
if not held then held = sum(call('HVALS', quantities), '%d+') end
if not sold then sold = sum(call('ZRANGE', sales, 0, -1), '%d+$') end
if not version or tonumber(ARGV[1]) > version then
  version, base = tonumber(ARGV[1]), tonumber(ARGV[2])
  sold = sold - sum(call('ZRANGEBYSCORE', sales, '-inf', ARGV[1]), '%d+$')
  call('ZREMRANGEBYSCORE', sales, '-inf', ARGV[1])
end
local function drop(hold)
  held = held - (tonumber(call('HGET', quantities, hold)) or 0)
  call('HDEL', quantities, hold)
  call('ZREM', ends, hold)
end
for _, hold in ipairs(call('ZRANGEBYSCORE', ends, '-inf', text(now), 'LIMIT', 0, 100)) do drop(hold) end
local function available() return math.max(0, base - held - sold) end
local function keep()
  call('HSET', item, 'base', text(base), 'version', text(version), 'held', text(held), 'sold', text(sold))
  for _, key in ipairs(KEYS) do call('PEXPIRE', key, ARGV[3]) end
end
`;

/**
 * Holds units. ARGV: hold, quantity, its life in ms, most holds of an item. Replies 'held', its end, available; or 'sold-out',
 * 'full' or 'other' with the quantity that the hold of this id is of. A hold that is there is answered as it was, also once it
 * was sold.
 */
export const RESERVE = atomicScript(`${COMMON}
local hold, quantity = ARGV[4], tonumber(ARGV[5])
local had = tonumber(call('HGET', quantities, hold))
local reply
if had then
  if had > 0 and had ~= quantity then reply = { 'other', text(had), text(available()) }
  else reply = { 'held', call('ZSCORE', ends, hold), text(available()), 1 } end
elseif quantity > available() then reply = { 'sold-out', '0', text(available()) }
elseif call('ZCARD', ends) >= tonumber(ARGV[7]) then reply = { 'full', '0', text(available()) }
else
  local untilTime = text(now + ARGV[6])
  held = held + quantity
  call('HSET', quantities, hold, text(quantity))
  call('ZADD', ends, untilTime, hold)
  reply = { 'held', untilTime, text(available()) }
end
keep()
return reply`);

/**
 * Counts a sale. ARGV: hold, quantity, version of the row that the sale made. Its hold stays until its end, of no unit, so that a
 * repetition of its reservation holds nothing. A sale that was counted, or that `base` has, changes nothing.
 */
export const CONFIRM = atomicScript(`${COMMON}
local hold, quantity, at = ARGV[4], tonumber(ARGV[5]), tonumber(ARGV[6])
local had = tonumber(call('HGET', quantities, hold)) or 0
if had > 0 then
  held = held - had
  call('HSET', quantities, hold, '0')
end
if at > version and call('ZADD', sales, text(at), text(at) .. ':' .. text(quantity)) == 1 then sold = sold + quantity end
keep()
return text(available())`);

/** Returns the units of a hold. ARGV: hold. Replies 1, or 0 where there is none, or it was sold. */
export const RELEASE = atomicScript(`${COMMON}
local had = tonumber(call('HGET', quantities, ARGV[4])) or 0
if had > 0 then drop(ARGV[4]) end
keep()
return had > 0 and 1 or 0`);

/** Units that are available. Writes nothing where nothing is held or sold. */
export const AVAILABLE = atomicScript(`${COMMON}
if state[1] then keep() end
return text(available())`);
