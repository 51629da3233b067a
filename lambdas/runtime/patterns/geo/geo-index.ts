import { mustBe, wholeNumbers } from '../../arguments';
import type { RedisConnection } from '../../connection/redis-connection';
import { FencedSet, readingScript } from '../fenced-set';
import { measured } from '../meter';
import type { PatternMeter, PatternMetrics } from '../metrics';
import { checkCover, type Found, foundOf, type GeoPoint, inOrder, type Nearby, type Reply } from './answers';
import { type Area, checkArea, checkPosition, circleOf, distanceKm, GREATEST_LATITUDE, isIn, type Position } from './areas';
import { type Cell, Grid } from './cells';

/** Options of a {@link GeoIndex}. */
export interface GeoIndexOptions {
  /** Connection to the tier with the cells. */
  readonly connection: RedisConnection;
  /** Name of the index, of letters, digits, `-`, `_` and `.`. */
  readonly name: string;
  /** Loads what is in a cell, from its south and west to before its north and east, from the primary. */
  readonly loadCell: (cell: Cell) => Promise<readonly GeoPoint[]>;
  /**
   * Searches in the database, for areas with more than `maxCells` cells or beyond 85.05 degrees of latitude: the nearest `limit`
   * things to the area's centre, in any order.
   * @default - areas of too many cells are refused, and what is beyond is left out
   */
  readonly query?: (area: Area, limit: number) => Promise<readonly GeoPoint[]>;
  /**
   * Digits of a cell's geohash: 4 are 39 by 20 km at the equator, 5 are 4.9 by 4.9 km.
   * @default 4
   */
  readonly cellDigits?: number;
  /**
   * Cells that a search may ask.
   * @default 64
   */
  readonly maxCells?: number;
  /**
   * Seconds for which a cell is kept after it was loaded.
   * @default 86400
   */
  readonly keepSeconds?: number;
  /**
   * Milliseconds for which others wait for a load.
   * @default 5000
   */
  readonly leaseMs?: number;
  /**
   * Receiver of counts.
   * @default - nothing is counted
   */
  readonly metrics?: PatternMetrics;
}

/** ARGV: longitude, latitude, radius in km, things. */
const READ = readingScript(`local x,y,r,n=unpack(ARGV)
return json(c('GEOSEARCH',k,'FROMLONLAT',x,y,'BYRADIUS',r,'km','ASC','COUNT',n,'WITHDIST','WITHCOORD'))`);

/** Index of things in a table by where they are: a sorted set for each cell, which is loaded when it is asked for. */
export class GeoIndex {
  readonly #options: GeoIndexOptions;
  readonly #maxCells: number;
  readonly #grid: Grid;
  readonly #cells: FencedSet;
  readonly #meter: PatternMeter | undefined;

  /** @throws {CacheError} `E_INVALID_ARGUMENT` where an option can't be used. */
  constructor(options: GeoIndexOptions) {
    const { connection, name, loadCell, keepSeconds = 86_400, leaseMs = 5000 } = options;
    const { cellDigits, maxCells } = wholeNumbers({ cellDigits: 4, maxCells: 64 }, options);
    mustBe(cellDigits <= 8, 'cellDigits', 'at most 8', cellDigits);
    mustBe(typeof loadCell === 'function', 'loadCell', 'a function', loadCell);
    this.#options = options;
    this.#maxCells = maxCells;
    this.#grid = new Grid(cellDigits);
    this.#cells = new FencedSet({ connection, kind: 'ge', name, keepSeconds, leaseMs });
    this.#meter = options.metrics?.meter('geo', name);
  }

  /**
   * Things in an area, the nearest to its centre first. Positions and distances are within a metre.
   *
   * @param area circle, or box, and `limit`: things at most, by default 50.
   * @throws {CacheError} `E_INVALID_ARGUMENT` where the area is none, or has too many cells and there is no `query`; what
   * `loadCell` and `query` throw.
   */
  search({ limit = 50, ...area }: Area & { readonly limit?: number }): Promise<Nearby> {
    return measured(this.#meter, async () => {
      wholeNumbers({ limit: 0 }, { limit });
      checkArea(area);
      const { query } = this.#options;
      const centre = circleOf(area);
      const cover = this.#grid.cover(area, this.#maxCells);
      const isCold = !cover.complete || Math.abs(centre.latitude) > GREATEST_LATITUDE;
      if (query && (isCold || cover.count > this.#maxCells)) {
        return { items: nearest(await query(area, limit), area, limit), complete: true };
      }
      checkCover(cover, this.#maxCells, centre);
      // Those of a box may be outside of it in the circle around it, so that all of them are needed.
      const most = 'box' in area ? 1e9 : limit;
      const asked = cover.cells.map(async (cell): Promise<readonly Found[]> => {
        const ready = await this.#cells.read<string, readonly GeoPoint[]>(
          cell.geohash,
          READ,
          [centre.longitude, centre.latitude, centre.radiusKm, most],
          {
            load: () => this.#options.loadCell(cell),
            fill: (points) => ({ command: 'GEOADD', members: points.filter(fits).map((p) => [p.longitude, p.latitude, p.id]) }),
          },
        );
        return 'read' in ready ? (JSON.parse(ready.read) as Reply[]).map(foundOf) : nearest(ready.loaded, area, limit);
      });
      const found = (await Promise.all(asked)).flat();
      return { items: inOrder('box' in area ? found.filter((one) => isIn(area, one)) : found, limit), complete: cover.complete };
    });
  }

  /**
   * Drops the cells that a thing left and entered, after the commit of its change; without `from` it is new, without `to` it is
   * gone. It may be repeated, and come in any order.
   *
   * @throws {CacheError} `E_SHARED_UNAVAILABLE`
   */
  moved({ from, to }: { readonly from?: Position; readonly to?: Position }): Promise<{ readonly replicated: boolean }> {
    return measured(this.#meter, async () => {
      const positions = [from, to].filter((each) => each !== undefined);
      for (const position of positions) checkPosition(position);
      const cells = new Set(positions.map((position) => this.#grid.at(position).geohash));
      const dropped = await Promise.all([...cells].map((cell) => this.#cells.drop(cell)));
      return { replicated: dropped.every(({ replicated }) => replicated) };
    });
  }
}

/** The nearest ones of points, as far as they are in an area. */
function nearest(points: readonly GeoPoint[], area: Area, limit: number): Found[] {
  const centre = circleOf(area);
  const found = points.filter((point) => isIn(area, point));
  const measuredOnes = found.map(({ id, latitude, longitude }) => {
    return { id, distanceKm: distanceKm(centre, { latitude, longitude }), latitude, longitude };
  });
  return inOrder(measuredOnes, limit);
}

/** True for a point that a sorted set can have. */
const fits = (point: GeoPoint): boolean => Math.abs(point.latitude) <= GREATEST_LATITUDE;
