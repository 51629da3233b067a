import { checkText, mustBe, wholeNumbers } from '../../arguments';
import type { RedisConnection } from '../../connection/redis-connection';
import { atomicScript, type Keys, readScript, runScript } from '../../connection/run-script';
import { patternKey } from '../keys';
import { measured } from '../meter';
import type { PatternMeter, PatternMetrics } from '../metrics';
import { checkCover, type Found, foundOf, inOrder, type Nearby, type Reply } from './answers';
import { type Area, checkArea, checkPosition, circleOf, GREATEST_LATITUDE, isIn, type Position } from './areas';
import { Grid } from './cells';

/** Options of a {@link LiveGeoIndex}. */
export interface LiveGeoIndexOptions {
  /** Connection to the tier with the positions; nothing else has them. */
  readonly connection: RedisConnection;
  /** Name of the index, of letters, digits, `-`, `_` and `.`; another one than a `GeoIndex` has. */
  readonly name: string;
  /** Seconds after which a thing that wasn't heard of is gone. */
  readonly keepSeconds: number;
  /**
   * Digits of a cell's geohash: 4 are 39 by 20 km at the equator, 5 are 4.9 by 4.9 km.
   * @default 5
   */
  readonly cellDigits?: number;
  /**
   * Cells that a search may ask.
   * @default 64
   */
  readonly maxCells?: number;
  /**
   * Receiver of counts.
   * @default - nothing is counted
   */
  readonly metrics?: PatternMetrics;
}

const NOW = `local s=c('TIME')
local now=s[1]*1000+math.floor(s[2]/1000)
`;

/**
 * Notes the cell of a thing, in the set of its cells by time. ARGV: cell, time, life in ms. Replies nothing where a later one is
 * known, else the other cells that may still have it.
 */
const NOTE = atomicScript(`local c,k=redis.call,KEYS[1]
local top=c('ZREVRANGE',k,0,0,'WITHSCORES')
if top[2] and top[2]-ARGV[2]>0 then return end
c('ZADD',k,ARGV[2],ARGV[1])
c('PEXPIRE',k,ARGV[3])
local others={}
for _,cell in ipairs(c('ZRANGE',k,0,-1)) do
  if cell~=ARGV[1] then table.insert(others,cell) end
end
return others`);

/** Puts a thing into a cell. KEYS: positions, times. ARGV: id, longitude, latitude, time, life in ms. Some that are gone go. */
const ENTER = atomicScript(`local c,k,t=redis.call,KEYS[1],KEYS[2]
local id,x,y,at,ms=unpack(ARGV)
${NOW}for _,old in ipairs(c('ZRANGEBYSCORE',t,'-inf',now-ms,'LIMIT',0,100)) do
  c('ZREM',k,old)
  c('ZREM',t,old)
end
local had=c('ZSCORE',t,id)
if had and had-at>0 then return end
c('GEOADD',k,x,y,id)
c('ZADD',t,at,id)
c('PEXPIRE',k,ms)
c('PEXPIRE',t,ms)`);

/** Takes a thing out of a cell. KEYS: positions, times. ARGV: id, time until which it may have been there. */
const LEAVE = atomicScript(`local c,k,t,id=redis.call,KEYS[1],KEYS[2],ARGV[1]
local had=c('ZSCORE',t,id)
if had and had-ARGV[2]<=0 then
  c('ZREM',k,id)
  c('ZREM',t,id)
end`);

/** Forgets cells of a thing that it was taken out of. ARGV: time until which it may have been there, cells. */
const FORGET = atomicScript(`local c,k=redis.call,KEYS[1]
for i=2,#ARGV do
  local had=c('ZSCORE',k,ARGV[i])
  if had and had-ARGV[1]<=0 then c('ZREM',k,ARGV[i]) end
end`);

/** Things in a circle. KEYS: positions, times. ARGV: longitude, latitude, radius in km, things (0 for all), life in ms. */
const SEARCH = readScript(`local c,k,t=redis.call,KEYS[1],KEYS[2]
local x,y,r,n,ms=unpack(ARGV)
${NOW}local found={}
for _,one in ipairs(c('GEOSEARCH',k,'FROMLONLAT',x,y,'BYRADIUS',r,'km','ASC','WITHDIST','WITHCOORD')) do
  local at=c('ZSCORE',t,one[1])
  if at and at-(now-ms)>0 then
    table.insert(found,{one[1],one[2],one[3],at})
    if #found==n+0 then return found end
  end
end
return found`);

/** Index of things that move and are in no table, by where they were heard of last. */
export class LiveGeoIndex {
  readonly #options: LiveGeoIndexOptions;
  readonly #keepMs: number;
  readonly #maxCells: number;
  readonly #grid: Grid;
  readonly #meter: PatternMeter | undefined;

  /** @throws {CacheError} `E_INVALID_ARGUMENT` where an option can't be used. */
  constructor(options: LiveGeoIndexOptions) {
    const { name } = options;
    const { cellDigits, maxCells, keepSeconds } = wholeNumbers({ cellDigits: 5, maxCells: 64, keepSeconds: 0 }, options);
    checkText('name', name, /^[\w.-]+$/, "letters, digits, '-', '_' or '.'");
    mustBe(cellDigits <= 8, 'cellDigits', 'at most 8', cellDigits);
    this.#options = options;
    this.#keepMs = keepSeconds * 1000;
    this.#maxCells = maxCells;
    this.#grid = new Grid(cellDigits);
    this.#meter = options.metrics?.meter('geo', name);
  }

  /**
   * Takes note of where a thing was. Reports may be repeated and come in any order: the latest one holds.
   *
   * @param at time of the report, in epoch milliseconds.
   * @returns false where a later one is known.
   * @throws {CacheError} `E_INVALID_ARGUMENT` where the position is none, or beyond 85.05 degrees of latitude;
   * `E_SHARED_UNAVAILABLE`, after which the next report puts everything right.
   */
  track(id: string, position: Position, at: number): Promise<boolean> {
    return measured(this.#meter, async () => {
      checkPosition(position);
      const { latitude, longitude } = position;
      mustBe(Math.abs(latitude) <= GREATEST_LATITUDE, 'latitude', `within ${GREATEST_LATITUDE} degrees of the equator`, latitude);
      mustBe(Number.isSafeInteger(at) && at >= 0, 'at', 'a time in epoch milliseconds', at);
      const { connection } = this.#options;
      const cell = this.#grid.at(position).geohash;
      const own: Keys = [this.#key(id, ':cells')];
      const others = await runScript<string[] | null>(connection, NOTE, own, [cell, at, this.#keepMs]);
      if (!others) return false;
      // Into the new cell first: a search in between finds a thing twice rather than not at all, and shows the later one.
      await runScript(connection, ENTER, this.#cell(cell), [id, longitude, latitude, at, this.#keepMs]);
      if (others.length > 0) {
        await Promise.all(others.map((other) => runScript(connection, LEAVE, this.#cell(other), [id, at])));
        await runScript(connection, FORGET, own, [at, ...others]);
      }
      return true;
    });
  }

  /**
   * Things in an area that were heard of within `keepSeconds`, the nearest to its centre first.
   *
   * @param area circle, or box, and `limit`: things at most, by default 50.
   * @throws {CacheError} `E_INVALID_ARGUMENT` where the area is none, or has too many cells; `E_SHARED_UNAVAILABLE`
   */
  search({ limit = 50, ...area }: Area & { readonly limit?: number }): Promise<Nearby> {
    return measured(this.#meter, async () => {
      wholeNumbers({ limit: 0 }, { limit });
      checkArea(area);
      const centre = circleOf(area);
      const cover = this.#grid.cover(area, this.#maxCells);
      checkCover(cover, this.#maxCells, centre);
      const args = [centre.longitude, centre.latitude, centre.radiusKm, 'box' in area ? 0 : limit, this.#keepMs];
      const asked = cover.cells.map(({ geohash }) =>
        runScript<Reply[]>(this.#options.connection, SEARCH, this.#cell(geohash), args, { readOnly: true }),
      );
      const latest = new Map<string, { readonly at: number; readonly found: Found }>();
      for (const reply of (await Promise.all(asked)).flat()) {
        const [found, at] = [foundOf(reply), Number(reply[3])];
        if (isFirst(latest.get(found.id)?.at, at)) latest.set(found.id, { at, found });
      }
      const found = [...latest.values()].map((one) => one.found).filter((one) => !('box' in area) || isIn(area, one));
      return { items: inOrder(found, limit), complete: cover.complete };
    });
  }

  #cell(geohash: string): Keys {
    return [this.#key(geohash, ''), this.#key(geohash, ':times')];
  }

  #key(id: string, rest: string): string {
    const { connection, name } = this.#options;
    return patternKey(connection.namespace, 'ge', name, id, rest);
  }
}

const isFirst = (known: number | undefined, at: number): boolean => known === undefined || known < at;
