import { atomicScript, readScript, type Script } from '../connection/run-script';

/** Scripts of a limit. */
export interface LimitScripts {
  /** Largest limit: what a script can list, or exactly count. */
  readonly largest: number;
  /**
   * Takes of the limit. ARGV: least to take, most (0 to look only), microseconds of the algorithm, and its limit. Replies
   * `{ granted, remaining, ms until a denied cost fits, ms until all is free, mark, mark before, µs for which a lease holds }`.
   */
  readonly take: Script;
  /** The same for who only looks, which a server without memory runs, too. */
  readonly peek: Script;
  /** Gives back what was granted. ARGV: its marks, what to give back, and microseconds as for `take`. */
  readonly giveBack: Script;
}

/**
 * Begin of every script. Times are in microseconds, of the server. Its clock may go back, at a failover: what was taken counts
 * for the time at which it was taken, so that then less is admitted for a while, never more.
 */
const BEGIN = `local c,k=redis.call,KEYS[1]
local t=c('TIME')
local now=t[1]*1e6+t[2]
local function ms(us) return math.ceil(us/1000) end
local function text(us) return ('%.0f'):format(us) end
`;

const NUMBERS = `local least,most,width,limit=ARGV[1]+0,ARGV[2]+0,ARGV[3]+0,ARGV[4]+0
`;

/** Scripts of an algorithm. Nothing is written where nothing is taken. */
export function limitScripts(largest: number, take: string, giveBack: string): LimitScripts {
  const text = BEGIN + NUMBERS + take;
  return { largest, take: atomicScript(text), peek: readScript(text), giveBack: atomicScript(BEGIN + giveBack) };
}

/**
 * Counts of the latest buckets, all of which count in full. What is stored is the index of the latest bucket, then the count of
 * it and of those before it; `gone` is the time until one no longer counts.
 *
 * @param buckets number of them; an aligned window has one.
 * @param format of what is stored.
 */
function windowScripts(buckets: number, format: string, largest: number): LimitScripts {
  const begin = `local last,format=${buckets + 1},'${format}'
local stored=c('GET',k)
local old=stored and {struct.unpack(format,stored)} or {0}
`;
  return limitScripts(
    largest,
    `${begin}local at=math.floor(now/width)
if old[1]>at then at=old[1] now=at*width end
local function gone(i) return (at-i+last+1)*width-now end
local new,free,reset={at},limit,0
for i=2,last do
  local j=i-at+old[1]
  new[i]=j>1 and old[j] or 0
  free=free-new[i]
  if reset==0 and new[i]>0 then reset=gone(i) end
end
local left=math.max(0,free)
if free<least then
  local i=last+1
  repeat i=i-1 free=free+new[i] until free>=least
  return {0,left,ms(gone(i)),ms(reset)}
end
if most==0 then return {1,left,0,ms(reset)} end
local grant=math.min(most,free)
new[2]=new[2]+grant
reset=ms(gone(2))
c('SET',k,struct.pack(format,unpack(new)),'PX',reset)
return {grant,free-grant,0,reset,text(at),'',(at+1)*width-now}`,
    `${begin}local i=old[1]-ARGV[1]+2
if i<2 or i>last or old[i]<ARGV[3]+0 then return end
old[i]=old[i]-ARGV[3]
c('SET',k,struct.pack(format,unpack(old)),'KEEPTTL')`,
  );
}

/** Buckets of a sliding window; it overlaps one more. */
export const BUCKETS = 10;

/** Sliding window of buckets: all that the window overlaps count. The microseconds of `take` are those of a bucket. */
export const SLIDING_WINDOW: LimitScripts = windowScripts(BUCKETS + 1, `<d${'I4'.repeat(BUCKETS + 1)}`, 1e9);

/**
 * Count of each window, of which one begins where the other ends. The microseconds of `take` are those of the window. Its limit
 * has 15 digits at most, as integers in headers have.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9651#section-3.3.1
 */
export const FIXED_WINDOW: LimitScripts = windowScripts(1, '<dd', 1e15 - 1);
