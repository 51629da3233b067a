import { type Area, type Box, boxAround, GREATEST_LATITUDE, type Position, widthOf } from './areas';

/** Cell of a geohash. */
export interface Cell extends Box {
  /** Name of the cell. */
  readonly geohash: string;
}

/** Cells that an area touches. */
export interface Cover {
  /** Number of cells, also where they are too many to be listed. */
  readonly count: number;
  /** The cells; none where they are more than was asked for. */
  readonly cells: readonly Cell[];
  /** False where a part of the area is nearer to a pole than positions in a sorted set may be. */
  readonly complete: boolean;
}

/** Digits of a geohash. @see https://en.wikipedia.org/wiki/Geohash */
const DIGITS = '0123456789bcdefghjkmnpqrstuvwxyz';

/** Grid of the cells whose geohash has so many digits. */
export class Grid {
  readonly #digits: number;
  readonly #columns: number;
  readonly #rows: number;

  constructor(digits: number) {
    this.#digits = digits;
    this.#columns = 2 ** Math.ceil((digits * 5) / 2);
    this.#rows = 2 ** Math.floor((digits * 5) / 2);
  }

  /** Cell of a position. */
  at({ latitude, longitude }: Position): Cell {
    return this.#cell(this.#column(longitude), this.#row(latitude));
  }

  /** Cells of an area, unless they are more than `most`. */
  cover(area: Area, most: number): Cover {
    const box = 'box' in area ? area.box : boxAround(area);
    const complete = box.north <= GREATEST_LATITUDE && box.south >= -GREATEST_LATITUDE;
    const [low, high] = [this.#row(Math.max(box.south, -GREATEST_LATITUDE)), this.#row(Math.min(box.north, GREATEST_LATITUDE))];
    const first = Math.floor(((box.west + 180) / 360) * this.#columns);
    const last = Math.floor(((box.west + widthOf(box) + 180) / 360) * this.#columns);
    const across = Math.min(this.#columns, last - first + 1);
    const count = across * (high - low + 1);
    if (count > most) return { count, cells: [], complete };
    const cells: Cell[] = [];
    for (let row = low; row <= high; row++) {
      for (let i = 0; i < across; i++) {
        cells.push(this.#cell((((first + i) % this.#columns) + this.#columns) % this.#columns, row));
      }
    }
    return { count, cells, complete };
  }

  #column(longitude: number): number {
    return Math.floor(((longitude + 180) / 360) * this.#columns) % this.#columns;
  }

  #row(latitude: number): number {
    return Math.min(this.#rows - 1, Math.max(0, Math.floor(((latitude + 90) / 180) * this.#rows)));
  }

  #cell(column: number, row: number): Cell {
    let geohash = '';
    const bits = this.#digits * 5;
    let digit = 0;
    // Halves, those of longitudes first.
    for (let bit = 0; bit < bits; bit++) {
      const share = bit % 2 === 0 ? column / this.#columns : row / this.#rows;
      digit = digit * 2 + (Math.floor(share * 2 ** (Math.floor(bit / 2) + 1)) % 2);
      if (bit % 5 === 4) {
        geohash += DIGITS[digit];
        digit = 0;
      }
    }
    const [width, height] = [360 / this.#columns, 180 / this.#rows];
    const [west, south] = [column * width - 180, row * height - 90];
    return { geohash, south, west, north: south + height, east: west + width };
  }
}
