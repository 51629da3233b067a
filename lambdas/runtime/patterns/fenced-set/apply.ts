import { atomicScript, type Replicated, runReplicated } from '../../connection/run-script';
import type { FencedSet } from './fenced-set';
import { BEGIN, REVOKE } from './scripts';

/** Score and name of a member; a score below 0 is a mark's. */
export type Member = readonly [score: number, member: string];

/**
 * Change of a set. ARGV: when its reason was read in ms ('' for no matter), most members (0 for any number), then scores and
 * members. Where the set was dropped after the reason was read, or within a second of it, the change may be none any more: the
 * set is removed once more. Replies 1 where it was applied. One that isn't there is left so, and its load isn't stored.
 */
const APPLY = atomicScript(`${BEGIN}local d=c('HGET',f,'d')
if d and ARGV[1]~='' and d-ARGV[1]>-1000 then c('DEL',k) end
if c('EXISTS',k)==0 then
  ${REVOKE}return 0
end
c('ZADD',k,unpack(ARGV,3))
local over=c('ZCOUNT',k,0,'+inf')-ARGV[2]
if ARGV[2]~='0' and over>0 then
  local marks=c('ZCOUNT',k,'-inf','(0')
  c('ZREMRANGEBYRANK',k,marks,marks+over-1)
end
return 1`);

/** {@link APPLY} without the fence: what it is for is shown by leaving it out. */
const APPLY_UNFENCED = atomicScript(`local c,k=redis.call,KEYS[1]
if c('EXISTS',k)==0 then return 0 end
c('ZADD',k,unpack(ARGV,3))
return 1`);

/**
 * Adds to a set that is there.
 *
 * @param since time when the reason for it was read, in epoch milliseconds of the servers.
 * @param most members with a score from 0 on that are kept, the greatest ones; 0 keeps all.
 * @throws {CacheError} `E_SHARED_UNAVAILABLE`; it may be repeated.
 */
export async function applyTo(
  set: FencedSet,
  id: string,
  members: readonly Member[],
  since: number | undefined,
  most: number,
): Promise<Replicated<boolean>> {
  const { connection, fenced = true } = set.options;
  const args = [since ?? '', most, ...members.flat()];
  const { reply, replicated } = await runReplicated<number>(connection, fenced ? APPLY : APPLY_UNFENCED, set.keys(id), args);
  return { reply: reply === 1, replicated };
}
