import { atomicScript } from '../../connection/run-script';

/**
 * Scripts of sessions. KEYS is the hash of a user, with two fields a session: `<id>` is `<version> <JSON>`, and `<id>!` is
 * `<last use> <creation>` in epoch milliseconds, so that a use writes 27 bytes. ARGV begins with how long a session lives after
 * its last recorded use, and after its creation, in milliseconds.
 *
 * `times` are the last use and the creation of a session that hasn't ended; `use` records a use, and keeps the hash for as long
 * as this session needs it.
 */
const COMMON = `local c,k,idle,absolute=redis.call,KEYS[1],ARGV[1]+0,ARGV[2]+0
local t=c('TIME')
local now=t[1]*1000+math.floor(t[2]/1000)
local function text(n) return ('%.0f'):format(n) end
local function times(uses)
  local used,created=(uses or ''):match('^(%d+) (%d+)$')
  if used and now-used<idle and now-created<absolute then return used+0,created+0 end
end
local function drop(id) c('HDEL',k,id,id..'!') end
local function use(id,created)
  local uses=text(now)..' '..text(created)
  c('HSET',k,id..'!',uses)
  local left=math.min(now+idle,created+absolute)-now
  if c('PTTL',k)<left then c('PEXPIRE',k,text(left)) end
  return uses
end
`;

/** Begin of a script of one session, which is over where the session is. ARGV: its id. */
const FOUND = `${COMMON}local id=ARGV[3]
local found,uses=unpack(c('HMGET',k,id,id..'!'))
local used,created=times(uses)
if not used then return drop(id) end
`;

/**
 * Begins a session. ARGV: its id, its text, most sessions of a user. Those that have ended are removed, and then those that were
 * used longest ago, as far as there are too many. Replies the time and how many the latter were.
 */
export const CREATE = atomicScript(`${COMMON}local others={}
for _,field in ipairs(c('HKEYS',k)) do
  local id=field:match('^(.*)!$')
  if id then
    local used=times(c('HGET',k,field))
    if used then table.insert(others,{id,used}) else drop(id) end
  end
end
table.sort(others,function(a,b) return a[2]<b[2] or a[2]==b[2] and a[1]<b[1] end)
local removed=math.max(0,#others+1-ARGV[5])
for i=1,removed do drop(others[i][1]) end
c('HSET',k,ARGV[3],'1 '..ARGV[4])
use(ARGV[3],now)
return {text(now),removed}`);

/** Records a use. ARGV: id. Replies the time and the session's two fields; nothing where it has ended. */
export const USE = atomicScript(`${FOUND}return {text(now),found,use(id,created)}`);

/**
 * Replaces what a session has, and its id. ARGV: id, version that the replacement was made of, its text, its id. Replies the
 * time, and the session's two fields as they are now; nothing where it has ended. The first reply is 1 where it was replaced, and
 * 0 where it has another version.
 */
export const REPLACE = atomicScript(`${FOUND}local version,replacement,name=unpack(ARGV,4)
if found:match('^%d+')~=version then return {0,text(now),found,uses} end
if name~=id then drop(id) end
local value=text(version+1)..' '..replacement
c('HSET',k,name,value)
return {1,text(now),value,use(name,created)}`);

/** Ends a session. ARGV: id. Replies how many there were. */
export const END = atomicScript("return redis.call('HDEL',KEYS[1],ARGV[1],ARGV[1]..'!')/2");

/** Ends a user's sessions. ARGV: id of the one that stays, or nothing. Replies how many were ended. */
export const END_ALL = atomicScript(`local c,k,id=redis.call,KEYS[1],ARGV[1]
local before=c('HLEN',k)
for _,field in ipairs(c('HKEYS',k)) do
  if field~=id and field~=id..'!' then c('HDEL',k,field) end
end
return (before-c('HLEN',k))/2`);
