import { mustBe } from '../../arguments';
import { invalid } from '../../errors';
import { GREATEST_LATITUDE, type Position } from './areas';
import type { Cover } from './cells';

/** Thing at a position. */
export interface GeoPoint extends Position {
  /** Its id. */
  readonly id: string;
}

/** Thing that was found. */
export interface Found extends GeoPoint {
  /** Distance from the centre of the area, in kilometres. */
  readonly distanceKm: number;
}

/** Answer to a search. */
export interface Nearby {
  /** Things, the nearest first. */
  readonly items: readonly Found[];
  /** False where a part of the area is beyond 85.05 degrees of latitude and nobody could be asked about it. */
  readonly complete: boolean;
}

/** Thing as Redis replies it. */
export type Reply = [id: string, distance: string, position: [longitude: string, latitude: string], at?: string];

/** @throws {CacheError} `E_INVALID_ARGUMENT` where a search can't be done by cells. */
export function checkCover({ count }: Cover, most: number, centre: Position): void {
  const rule = `within ${GREATEST_LATITUDE} degrees of the equator where there is no 'query'`;
  mustBe(Math.abs(centre.latitude) <= GREATEST_LATITUDE, 'latitude', rule, centre.latitude);
  if (count > most) {
    throw invalid(
      `an area must have at most 'maxCells' ${most} cells where there is no 'query', got: ${count}; ask for a smaller one`,
    );
  }
}

/** Thing of a reply. */
export function foundOf([id, distance, [longitude, latitude]]: Reply): Found {
  return { id, distanceKm: Number(distance), latitude: Number(latitude), longitude: Number(longitude) };
}

/** The nearest ones of several lists; of one distance, by their ids. */
export function inOrder(found: readonly Found[], limit: number): Found[] {
  return [...found].sort((a, b) => a.distanceKm - b.distanceKm || (a.id < b.id ? -1 : 1)).slice(0, limit);
}
