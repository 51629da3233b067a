import { atomicScript } from '../../connection/run-script';
import { type Script, script } from '../../connection/script';

/**
 * Scripts of limits. Times are in microseconds, of the server. A script that takes replies
 * `{ granted, remaining, ms until a denied cost fits, ms until all is free, mark, mark before, µs for which a lease holds }`;
 * what was granted is given back by its marks. Nothing is written where nothing is taken.
 *
 * A server's clock may go back, at a failover. What was taken counts for the time at which it was taken, so that then less is
 * admitted for a while, never more.
 */

/** Buckets of a sliding window; it overlaps one more. */
export const BUCKETS = 10;

const NOW = `local t = redis.call('TIME')
local now = t[1] * 1000000 + t[2]
local function ms(us) return math.ceil(us / 1000) end
local function text(us) return string.format('%.0f', us) end
`;

/** Format of a sliding window: index of its latest bucket, then the counts of that one and of those before it. */
const COUNTS = `local FORMAT = '<d${'I4'.repeat(BUCKETS + 1)}'
local LAST = ${BUCKETS + 2}
`;

/** Pair of scripts: one that takes, and one that only looks, which a server without memory runs, too. */
interface Take {
  readonly take: Script;
  readonly peek: Script;
  readonly giveBack: Script;
}

const scripts = (take: string, giveBack: string): Take => ({
  take: atomicScript(take),
  // Without the first line's flag it would be refused where memory is full.
  peek: script(`#!lua flags=no-writes\n${take}`),
  giveBack: atomicScript(giveBack),
});

/**
 * Generic cell rate: the time at which all that was taken would have been admitted, had it come evenly. ARGV of `take`: least to
 * take, most (0 to look only), microseconds of one, of the burst.
 */
export const GCRA = scripts(
  `${NOW}
local least, most, interval, burst = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local before = tonumber(redis.call('GET', KEYS[1]) or 0)
local from = math.max(before, now)
local free = math.max(0, math.floor((now + burst - from) / interval))
if free < least then return {0, free, ms(from + interval * least - now - burst), ms(from - now)} end
if most == 0 then return {1, free, 0, ms(from - now)} end
local till = from + interval * least
redis.call('SET', KEYS[1], text(till), 'PX', ms(till - now))
return {least, free - least, 0, ms(till - now), text(till), text(before)}
`,
  // Once others have taken after it, only what was taken while the limit was busy can be told from what time has given back.
  `${NOW}
local till, before, cost = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local stored = tonumber(redis.call('GET', KEYS[1]) or 0)
local new = stored == till and before or before >= now and stored - cost or stored
if new == stored then return 0 end
if new <= now then redis.call('DEL', KEYS[1]) else redis.call('SET', KEYS[1], text(new), 'PX', ms(new - now)) end
return 1
`,
);

/**
 * Sliding window of buckets: all that the window overlaps count in full. ARGV of `take`: least to take, most, microseconds of a
 * bucket, limit.
 */
export const SLIDING_WINDOW = scripts(
  `${NOW}${COUNTS}
local least, most, width, limit = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local bucket = math.floor(now / width)
local stored = redis.call('GET', KEYS[1])
local c = {bucket, ${Array(BUCKETS + 1)
    .fill(0)
    .join(', ')}}
if stored then
  local s = {struct.unpack(FORMAT, stored)}
  if s[1] > bucket then bucket = s[1]; now = bucket * width end
  local passed = bucket - s[1]
  for i = 2, LAST do c[i] = i - passed >= 2 and s[i - passed] or 0 end
  c[1] = bucket
end
local taken, latest = 0, nil
for i = 2, LAST do
  taken = taken + c[i]
  if not latest and c[i] > 0 then latest = bucket - i + 2 end
end
-- Time until a bucket is no longer overlapped.
local function gone(index) return (index + ${BUCKETS + 1}) * width - now end
local free = math.max(0, limit - taken)
local reset = latest and ms(gone(latest)) or 0
if free < least then
  local wait, freed = 0, limit - taken
  for i = LAST, 2, -1 do
    freed = freed + c[i]
    if freed >= least then wait = gone(bucket - i + 2) break end
  end
  return {0, free, ms(wait), reset}
end
if most == 0 then return {1, free, 0, reset} end
local grant = math.min(most, free)
c[2] = c[2] + grant
redis.call('SET', KEYS[1], struct.pack(FORMAT, unpack(c)), 'PX', ms(gone(bucket)))
return {grant, free - grant, 0, ms(gone(bucket)), text(bucket), '', (bucket + 1) * width - now}
`,
  `${COUNTS}
local stored = redis.call('GET', KEYS[1])
if not stored then return 0 end
local c = {struct.unpack(FORMAT, stored)}
local i, cost = c[1] - ARGV[1] + 2, tonumber(ARGV[3])
if i < 2 or i > LAST or c[i] < cost then return 0 end
c[i] = c[i] - cost
redis.call('SET', KEYS[1], struct.pack(FORMAT, unpack(c)), 'KEEPTTL')
return 1
`,
);

/**
 * Log of the times of what was admitted, oldest first: no longer than the limit. ARGV of `take`: least to take, most,
 * microseconds of the window, limit.
 */
export const SLIDING_LOG = scripts(
  `${NOW}
local least, most, window, limit = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local n = redis.call('LLEN', KEYS[1])
local function at(i) return tonumber(redis.call('LINDEX', KEYS[1], i)) end
if n > 0 then now = math.max(now, at(-1)) end
-- Number of those that have left the window.
local left, right = 0, n
while left < right do
  local middle = math.floor((left + right) / 2)
  if at(middle) < now - window then left = middle + 1 else right = middle end
end
local free = math.max(0, limit - (n - left))
local reset = left < n and ms(at(-1) + window - now + 1) or 0
if free < least then
  local wait = at(left + (least - (limit - (n - left))) - 1) + window - now + 1
  return {0, free, ms(wait), reset}
end
if most == 0 then return {1, free, 0, reset} end
if left > 0 then redis.call('LTRIM', KEYS[1], left, -1) end
local times = {}
for i = 1, least do times[i] = text(now) end
redis.call('RPUSH', KEYS[1], unpack(times))
redis.call('PEXPIRE', KEYS[1], ms(window + 1))
return {least, free - least, 0, ms(window + 1), text(now)}
`,
  `return redis.call('LREM', KEYS[1], -tonumber(ARGV[3]), ARGV[1])
`,
);

/**
 * Count of each window, of which one begins where the other ends. ARGV of `take`: least, most, microseconds of the window, limit.
 */
export const FIXED_WINDOW = scripts(
  `${NOW}
local least, most, window, limit = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local index, taken = math.floor(now / window), 0
local stored = redis.call('GET', KEYS[1])
if stored then
  local of, count = struct.unpack('<dd', stored)
  if of > index then index = of; now = index * window end
  if of == index then taken = count end
end
local ends = (index + 1) * window - now
local free = math.max(0, limit - taken)
if free < least then return {0, free, ms(ends), ms(ends)} end
if most == 0 then return {1, free, 0, taken > 0 and ms(ends) or 0} end
local grant = math.min(most, free)
redis.call('SET', KEYS[1], struct.pack('<dd', index, taken + grant), 'PX', ms(ends))
return {grant, free - grant, 0, ms(ends), text(index), '', ends}
`,
  `local stored = redis.call('GET', KEYS[1])
if not stored then return 0 end
local index, count = struct.unpack('<dd', stored)
if index ~= tonumber(ARGV[1]) or count < tonumber(ARGV[3]) then return 0 end
redis.call('SET', KEYS[1], struct.pack('<dd', index, count - ARGV[3]), 'KEEPTTL')
return 1
`,
);
