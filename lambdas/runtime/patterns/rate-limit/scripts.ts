import { FIXED_WINDOW, type LimitScripts, limitScripts, SLIDING_WINDOW } from '../limit-scripts';

/**
 * Generic cell rate: the time at which all that was taken would have been admitted, had it come evenly. The microseconds
 * are those between two requests, and the limit is the burst.
 */
const GCRA = limitScripts(
  1e9,
  `local before=(c('GET',k) or 0)+0
local from=math.max(before,now)
local till=from+width*least
local free=math.max(0,math.floor((now+width*limit-from)/width))
if free<least then return {0,free,ms(till-now-width*limit),ms(from-now)} end
if most==0 then return {1,free,0,ms(from-now)} end
local reset=ms(till-now)
c('SET',k,text(till),'PX',reset)
return {least,free-least,0,reset,text(till),text(before)}`,
  // Once others have taken after it, only what was taken while the limit was busy can be told from what time has given back.
  `local till,before,cost,width=unpack(ARGV)
local old=(c('GET',k) or 0)+0
local new=old==till+0 and before+0 or before+0>=now and old-cost*width or old
if new<=now then c('DEL',k) elseif new<old then c('SET',k,text(new),'PX',ms(new-now)) end`,
);

/**
 * Log of the times of what was admitted, oldest first: no longer than the limit. The microseconds of `take` are the window's.
 * It finds the number of those that have left the window; `gone` is the time until one has.
 */
const SLIDING_LOG = limitScripts(
  1000,
  `local n=c('LLEN',k)
local function at(i) return c('LINDEX',k,i)+0 end
if n>0 then now=math.max(now,at(-1)) end
local left,right=0,n
while left<right do
  local middle=math.floor((left+right)/2)
  if at(middle)<now-width then left=middle+1 else right=middle end
end
local function gone(i) return ms(at(i)+width-now+1) end
local free=limit-n+left
local reset=left<n and gone(-1) or 0
if free<least then return {0,math.max(0,free),gone(left+least-free-1),reset} end
if most==0 then return {1,free,0,reset} end
if left>0 then c('LTRIM',k,left,-1) end
local times={}
for i=1,least do times[i]=text(now) end
c('RPUSH',k,unpack(times))
reset=ms(width+1)
c('PEXPIRE',k,reset)
return {least,free-least,0,reset,text(now)}`,
  "c('LREM',k,-ARGV[3],ARGV[1])",
);

/** Scripts of each algorithm. */
export const SCRIPTS = {
  gcra: GCRA,
  'sliding-window': SLIDING_WINDOW,
  'sliding-log': SLIDING_LOG,
  'fixed-window': FIXED_WINDOW,
} as const satisfies Record<string, LimitScripts>;
