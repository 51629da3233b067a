import { atomicScript, readScript } from '../../connection/run-script';

/**
 * Scripts of a board's shard, a sorted set in which the greater number is always the better one: `best * slots + rest`, where
 * `best` grows with how good a score is and `rest` orders equal scores by time. KEYS are the board, the one that is being made to
 * replace it, and the operations that were counted. Numbers stay below 2^53, so that doubles hold them exactly.
 */

/** Functions of scripts that write: the number of a score reached now, and adding a member. */
const WRITE = `local c,k=redis.call,KEYS[1]
local s=c('TIME')
local now=s[1]*1000+math.floor(s[2]/1000)
local function number(best,from,step,slots,later)
  local tick=math.max(0,math.min(slots-1,math.floor((now-from)/step)))
  if later=='0' then tick=slots-1-tick end
  return ('%.0f'):format(best*slots+tick)
end
local function add(key,keep,number,member,ends,most)
  local changed=c('ZADD',key,keep,'CH',number,member)
  c('PEXPIREAT',key,ends,'NX')
  if most+0>0 then c('ZREMRANGEBYRANK',key,0,-most-1) end
  return changed
end
`;

/**
 * Submission. ARGV: member, best, 'GT' to keep the better of two or 'CH', begin of the period, resolution in ms, slots, '1' where
 * the later of equal scores is first, end of the key, most members (0 for any number). Replies 1 where the board changed.
 */
export const SUBMIT = atomicScript(`${WRITE}local m,best,keep,from,step,slots,later,ends,most=unpack(ARGV)
local n=number(best,from,step,slots,later)
if c('EXISTS',KEYS[2])==1 then add(KEYS[2],keep,n,m,ends,0) end
return add(k,keep,n,m,ends,most)`);

/**
 * Addition to a score. ARGV: member, delta, id of the operation ('' for none), how long it is remembered in ms, greatest score,
 * '1' where low scores are the better ones, then from the begin of the period on as for {@link SUBMIT}. Replies `0, score` of a
 * repetition, `-1, score` where the sum would be none, or `1, new score`.
 */
export const INCREMENT = atomicScript(`${WRITE}local m,by,op,ms,max,low,from,step,slots,later,ends,most=unpack(ARGV)
local ops,had,score=KEYS[3],c('ZSCORE',k,m),0
if had then
  score=math.floor(had/slots)
  if low=='1' then score=max-score end
end
if op~='' then
  c('ZREMRANGEBYSCORE',ops,'-inf',now-ms)
  if c('ZSCORE',ops,op) then return {0,score} end
end
score=score+by
if score<0 or score>max+0 then return {-1,score-by} end
add(k,'CH',number(low=='1' and max-score or score,from,step,slots,later),m,ends,most)
if op~='' then
  c('ZADD',ops,now,op)
  c('PEXPIRE',ops,ms)
end
return {1,score}`);

/** Place of a member. ARGV: member, neighbours on each side. Replies members before it, its number, members, those around it. */
export const RANK = readScript(`local c,k,m,n=redis.call,KEYS[1],unpack(ARGV)
local r=c('ZREVRANK',k,m)
if not r then return end
return {r,c('ZSCORE',k,m),c('ZCARD',k),c('ZREVRANGE',k,math.max(0,r-n),r+n,'WITHSCORES')}`);

/**
 * Members around a point. ARGV: number, 'before' its equals, 'after' them or 'at' a member of them, that member, how many before
 * the point and how many behind it. Replies members before the point, members, and those asked for.
 * Names are compared by their bytes, as sorted sets do; Lua's own comparison is by the server's locale.
 */
export const SLICE = readScript(`local c,k,e,where,m,above,below=redis.call,KEYS[1],unpack(ARGV)
local p=c('ZCOUNT',k,where=='after' and e or '('..e,'+inf')
if where=='at' then
  local q=c('ZCOUNT',k,e,'+inf')
  while p<q do
    local mid=math.floor((p+q)/2)
    local other,i=c('ZREVRANGE',k,mid,mid)[1],1
    while other:byte(i) and other:byte(i)==m:byte(i) do i=i+1 end
    if (other:byte(i) or -1)<(m:byte(i) or -1) then q=mid else p=mid+1 end
  end
end
local first,last=math.max(0,p-above),p+below-1
return {p,c('ZCARD',k),last>=first and c('ZREVRANGE',k,first,last,'WITHSCORES') or {}}`);

/** Takes a member off. ARGV: member. Replies 1 where it was on the board. */
export const REMOVE = atomicScript(`local c,m=redis.call,ARGV[1]
c('ZREM',KEYS[2],m)
return c('ZREM',KEYS[1],m)`);
