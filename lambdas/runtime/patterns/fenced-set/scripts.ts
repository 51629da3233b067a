import { atomicScript, readScript, type Script } from '../../connection/run-script';

/**
 * Scripts of a sorted set that is loaded from a database, and its fence. KEYS are the set and the fence, a hash with `t` (token
 * of who loads), `u` (end of its lease) and `d` (when the set was last dropped), in epoch milliseconds of the server. A set that
 * was loaded has members of a score below 0, its marks, so that one without content isn't one that is missing.
 */

/** Begin of every script. */
export const BEGIN = `local c,k,f=redis.call,KEYS[1],KEYS[2]
local s=c('TIME')
local now=s[1]*1000+math.floor(s[2]/1000)
`;

/** Time for which a drop is remembered: the longest that a change is on its way, in milliseconds. */
const DROPPED_MS = 900_000;

/** Takes the token away, so that what is being loaded isn't stored. */
export const REVOKE = `c('HDEL',f,'t','u')
`;

/**
 * Reads a set by commands of its user's, which end with what they return; nothing where the set is missing. They have `json`, the
 * text of a list: a client reads one text of many members in a fraction of the time that it takes for each as a reply.
 */
export const readingScript = (commands: string): Script =>
  readScript(`local c,k=redis.call,KEYS[1]
if c('EXISTS',k)==0 then return end
local function json(t) return #t>0 and cjson.encode(t) or '[]' end
${commands}`);

/**
 * Lease. ARGV: token, length in ms. Replies `hit` where the set is there, `wait` and ms where somebody else loads it, or `grant`.
 */
export const LEASE = atomicScript(`${BEGIN}if c('EXISTS',k)==1 then return {'hit',0} end
local by,till=unpack(c('HMGET',f,'t','u'))
if by and by~=ARGV[1] and till-now>0 then return {'wait',till-now} end
c('HSET',f,'t',ARGV[1],'u',now+ARGV[2])
if c('PTTL',f)<ARGV[2]+1000 then c('PEXPIRE',f,ARGV[2]+1000) end
return {'grant',0}`);

/** Members that one command adds: Lua takes a few thousand arguments. */
const AT_ONCE = 1000;

/**
 * Fill. ARGV: token ('' to store whatever came in between), life in ms, command, arguments of a member in it, then those of all
 * members. Replies 0 where the token was taken away.
 */
export const FILL = atomicScript(`${BEGIN}if ARGV[1]~='' and c('HGET',f,'t')~=ARGV[1] then return 0 end
${REVOKE}c('DEL',k)
local step=ARGV[4]*${AT_ONCE}
c('ZADD',k,-1,'')
for i=5,#ARGV,step do c(ARGV[3],k,unpack(ARGV,i,math.min(i+step-1,#ARGV))) end
c('PEXPIRE',k,ARGV[2])
return 1`);

/** Gives a lease up, so that nobody waits for a load that failed. ARGV: token. */
export const RELEASE = atomicScript(`local c,f=redis.call,KEYS[2]
if c('HGET',f,'t')==ARGV[1] then c('HDEL',f,'t','u') end`);

/** Drop of a set, and of what is being loaded. Replies 1 where it was there. */
export const DROP = atomicScript(`${BEGIN}local had=c('DEL',k)
${REVOKE}c('HSET',f,'d',now)
c('PEXPIRE',f,${DROPPED_MS})
return had`);
