import { atomicScript } from '../../connection/run-script';

/** Field with the total of a tenant; a meter's name isn't empty. */
export const TOTAL = '';

/** Meter that counts for all beyond the most. */
export const OTHER = 'other';

/**
 * Counts an event once. KEYS: the ids of the period for which repetitions are known, and of the one before; the counts of the
 * hour, the day and the month. ARGV: hour and period since the epoch, as the caller takes them to be; seconds of a period; id,
 * meter, units, most meters; seconds for which hours, days and months are kept.
 *
 * Replies the totals of the hour, the day and the month after 1 where it was counted, or 0 where it had been. After -1 it
 * replies the server's time in ms: nothing was done, since the keys are of another time.
 */
export const RECORD = atomicScript(`local seconds = tonumber(redis.call('TIME')[1])
local period = tonumber(ARGV[3])
if math.floor(seconds / 3600) ~= tonumber(ARGV[1]) or math.floor(seconds / period) ~= tonumber(ARGV[2]) then
  return {-1, seconds * 1000}
end
local id, meter = ARGV[4], ARGV[5]
if redis.call('SISMEMBER', KEYS[1], id) == 1 or redis.call('SISMEMBER', KEYS[2], id) == 1 then
  local reply = {0}
  for i = 3, 5 do reply[i - 1] = tonumber(redis.call('HGET', KEYS[i], '${TOTAL}') or 0) end
  return reply
end
redis.call('SADD', KEYS[1], id)
redis.call('EXPIRE', KEYS[1], 2 * period)
-- The month has every meter of its days and hours. One of its fields is the total, and one may be for the rest.
if redis.call('HEXISTS', KEYS[5], meter) == 0 and redis.call('HLEN', KEYS[5]) > tonumber(ARGV[7]) then meter = '${OTHER}' end
local reply = {1}
for i = 3, 5 do
  redis.call('HINCRBY', KEYS[i], meter, ARGV[6])
  reply[i - 1] = redis.call('HINCRBY', KEYS[i], '${TOTAL}', ARGV[6])
  redis.call('EXPIRE', KEYS[i], ARGV[i + 5])
end
return reply
`);

/** Remembers that a tenant was counted in an hour, for the flush. ARGV: tenant, seconds for which it is kept. */
export const LIST_TENANT = atomicScript(`redis.call('SADD', KEYS[1], ARGV[1])
redis.call('EXPIRE', KEYS[1], ARGV[2])
return 1
`);
