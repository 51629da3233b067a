import { script } from '../connection/script';
import { EXPIRED, FLAG_AT, FORMAT, ROW_END, ROW_START, TOKEN_END, TOKEN_START } from '../entry/format';
import { FENCE_MARK } from './redis-keys';

/**
 * Fenced lease, as scripts that run on the master of one slot. KEYS are the value `v:{k}` and the fence `f:{k}`, a hash with `t`
 * (lease token), `u` (end of the lease, epoch ms), `m` (least version that a replica's load must contain), `w` (writers that are
 * about to commit, each with the end of its intent) and `r` (greatest version of the row that is known, '~' for one that isn't);
 * or one tag. All times are the server's, and a lease's reply carries it, so that a client's clock is never compared with
 * another's.
 *
 * Lua is written without blanks that it doesn't need, because they are a part of every bundle; so are its names: `c` calls a
 * command, `k` is the key of the value, or of the tag, `f` that of the fence, `v` a version, `t` a token and `w` a writer.
 */

/** Begin of every script. */
const KEYED = 'local c,k,f=redis.call,KEYS[1],KEYS[2]\n';

/** Begin of a script that needs the server's time, `now`, in epoch milliseconds. */
export const NOW = `${KEYED}local s=c('TIME')
local now=s[1]*1000+math.floor(s[2]/1000)
`;

/** Begin of a script, and the names of its arguments. */
const begin = (before: string, names: string) => `${before}local ${names}=unpack(ARGV)\n`;

/** Function `keep`: makes the fence live for `ms` milliseconds, or longer. */
export const KEEP_FENCE = `local function keep(ms)
if c('PTTL',f)<ms+0 then c('PEXPIRE',f,ms) end
end
`;

/**
 * Begin of a script about a fence, with the functions `open`, the intents that hold, and those with the ones that have ended,
 * without one writer's, and `raise`, the effect of every purge of a key on its fence.
 */
const FENCED = `${NOW}${KEEP_FENCE}local function open(but)
local held,all='',''
for one,w,till in (c('HGET',f,'w') or ''):gmatch('((%S+):(%d+) )') do
if w~=but then
all=all..one
if till+0>now then held=held..one end
end
end
return held,all
end
local function raise(v,row,ms)
c('HDEL',f,'t','u')
for x,new in pairs({m=v,r=row}) do
if (c('HGET',f,x) or '')<new then c('HSET',f,x,new) end
end
keep(ms)
end
`;

/** Condition that the key holds an entry of this format. */
const IS_ENTRY = `c('GETRANGE',k,0,${FORMAT.length - 1})=='${FORMAT}'`;

/** Makes the lease `token` end `ms` milliseconds from now. */
const HOLD = `c('HSET',f,'t',t,'u',now+ms)
keep(ms+1000)
`;

/**
 * Lease of an entry. ARGV: token, lease in ms, token of the entry that the caller has seen and refused ('' for none). Replies
 * `hit, now, entry`, `wait, now, ms left`, `bypass, now` or `grant, now, least version, 1`, the last where an intent ended
 * without a purge: its writer may have died after its commit. Asking again with the same token is safe until the load begins.
 */
export const LEASE = script(`${begin(FENCED, 't,ms,seen')}local had=c('GETRANGE',k,${TOKEN_START},${TOKEN_END})
if had~='' and had~=seen then return {'hit',now,c('GET',k)} end
local held,all=open()
if held~='' then return {'bypass',now} end
local by,till,min=unpack(c('HMGET',f,'t','u','m'))
local left=(till or 0)-now
if by~=t and left>0 then return {'wait',now,left} end
${HOLD}return {'grant',now,min,all~=''}`);

/**
 * Renewal of a lease. ARGV: token, lease in ms; 0 gives it up, so that nobody waits for a load that failed. Never gives a lease
 * that was lost: its load may have begun before the purge that took it.
 */
export const RENEW = script(`${begin(NOW + KEEP_FENCE, 't,ms')}if c('HGET',f,'t')~=t then return 0 end
${HOLD}return 1`);

/**
 * Fill of an entry. ARGV: token, version of a replica's load ('~' for a primary's), TTL in ms, entry.
 * Replies 1, or 0 where a purge or a later lease came in between, or the load is too old.
 */
export const FILL = script(`${begin(KEYED, 't,v,ttl,e')}local held,min=unpack(c('HMGET',f,'t','m'))
if held~=t then return 0 end
c('HDEL',f,'t','u')
if min and v<min then return 0 end
c('SET',k,e,'PX',ttl)
return 1`);

/**
 * Purge of one key. ARGV: version, life of the fence in ms, 'delete' or 'expire', writer ('' for none), version of the row ('~'
 * for unknown). It refuses every fill whose load began before.
 */
export const PURGE_KEY = script(`${begin(FENCED, 'v,ms,mode,w,row')}if mode~='expire' then c('DEL',k)
elseif ${IS_ENTRY} then c('SETRANGE',k,${FLAG_AT},'${EXPIRED}') end
if w~='' then c('HSET',f,'w',select(2,open(w))) end
raise(v,row,ms)`);

/**
 * Write of a value in hand. ARGV: version, life of the fence in ms, version of the row, TTL in ms, entry ('' to store nothing),
 * time after which the row counts as unknown. Purges one key as {@link PURGE_KEY} does, and stores the value in hand where no
 * newer version of the row is known. A row that is newer needs no purge: its writer has purged after this one's commit.
 */
export const PUT = script(`${begin(FENCED, 'v,ms,row,ttl,e,till')}if now>till+0 then row='~' end
local top=c('HGET',f,'r') or ''
local had=${IS_ENTRY} and c('GETRANGE',k,${ROW_START},${ROW_END}) or ''
if had>top then top=had end
if top~='~' and top>row then return 0 end
c('DEL',k)
raise(v,row,ms)
if e=='' or row=='~' or top=='~' or open()~='' then return 0 end
c('SET',k,e,'PX',ttl)
return 1`);

/**
 * Intent of a write. ARGV: writer, life of the intent in ms, life of the fence. Removes the entry, takes the lease away, and lets
 * nobody fill until the writer is done.
 */
export const INTEND = script(`${begin(FENCED, 'w,ms,more')}c('DEL',k)
c('HDEL',f,'t','u')
c('HSET',f,'w',open(w)..w..':'..now+ms..' ')
keep(ms+more)`);

/**
 * Repair of keys. Removes those of another type, which somebody else wrote: the cache's own commands fail on them. A tag whose
 * name looks like a fence's is removed, too, which makes its entries misses.
 */
export const REPAIR = script(`${KEYED}for _,k in ipairs(KEYS) do
if c('TYPE',k).ok~=(k:find('${FENCE_MARK}',1,true) and 'hash' or 'string') then c('DEL',k) end
end`);

/**
 * Purge of a tag. A tag is a text of four fields: mark and version of its last delete, mark and version of its last expire. One
 * that is missing is created. ARGV: new mark, version, TTL in ms, 'create', 'delete', 'expire' or 'timeline'. Replies the tag as
 * it is then, and never lets it live shorter. A purge older than the last one of its kind changes nothing, because entries that
 * were captured since then contain it; one of the same version does, because two commits can lie at one position. `timeline`
 * deletes where the version begins a newer timeline than the last delete's, so that of all who notice it one purges. Where memory
 * is full and nothing may be evicted, the tag is removed, which makes its entries misses as well, and is never refused.
 */
export const PURGE_TAG = script(`${begin(KEYED, 'mark,v,ttl,mode')}local new=mark..' '..v
local half='(%S+ '..('%x'):rep(24)..')'
local gone,stale=(c('GET',k) or ''):match('^'..half..' '..half..'$')
if not gone then gone,stale=new,new
elseif mode=='expire' then
if v>=stale:sub(-24) then stale=new end
elseif mode=='delete' and v>=gone:sub(-24) or mode=='timeline' and v:sub(1,8)>gone:sub(-24,-17) then gone=new
end
local tag=gone..' '..stale
if redis.pcall('SET',k,tag,'PX',math.max(ttl,c('PTTL',k))).err then c('DEL',k) end
return tag`);
