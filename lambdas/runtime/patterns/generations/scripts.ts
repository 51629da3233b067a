import { atomicScript } from '../../connection/run-script';

/**
 * Scripts of a pointer. KEYS is a hash: `current` and `previous` generation, and `turn`, the number of its changes. Each replies
 * 1 and the turn, or 0 where it changed nothing.
 */
const COMMON = `
local key = KEYS[1]
local current, previous, turn = unpack(redis.call('HMGET', key, 'current', 'previous', 'turn'))
current, previous, turn = current or '', previous or '', tonumber(turn or 0)
local function point(to, from)
  redis.call('HSET', key, 'current', to, 'previous', from, 'turn', string.format('%.0f', turn + 1))
  redis.call('PEXPIRE', key, ARGV[1])
  return 1
end
`;

/** Points to a generation, where the one that was current when it began still is. ARGV: life in ms, it, the one before it. */
export const SWAP = atomicScript(`${COMMON}
if current == ARGV[2] then return 1 end
if current ~= ARGV[3] then return 0 end
return point(ARGV[2], current)`);

/** Points to the generation before. ARGV: life in ms. */
export const ROLL_BACK = atomicScript(`${COMMON}
if previous == '' then return 0 end
return point(previous, current)`);
