import { checkNumber, mustBe } from '../../arguments';

/** Place on earth, in degrees. */
export interface Position {
  /** From -90 to 90. */
  readonly latitude: number;
  /** From -180 to 180. */
  readonly longitude: number;
}

/** Circle. */
export interface Circle extends Position {
  /** Radius in kilometres. */
  readonly radiusKm: number;
}

/** Box between two latitudes and two meridians; with `west` greater than `east` it crosses the antimeridian. */
export interface Box {
  /** Least latitude. */
  readonly south: number;
  /** Longitude that it begins at, going east. */
  readonly west: number;
  /** Greatest latitude. */
  readonly north: number;
  /** Longitude that it ends at. */
  readonly east: number;
}

/** Area of a search: a circle, or a box. */
export type Area = Circle | { readonly box: Box };

/** Radius of the earth that Redis reckons with, in kilometres. */
const EARTH_KM = 6372.797560856;

/** Greatest latitude of a position in a sorted set. */
export const GREATEST_LATITUDE = 85.05112878;

const radians = (degrees: number): number => (degrees * Math.PI) / 180;
const degrees = (angle: number): number => (angle * 180) / Math.PI;

/** Distance along the surface, in kilometres, by the haversine formula. */
export function distanceKm(a: Position, b: Position): number {
  const u = Math.sin(radians(b.latitude - a.latitude) / 2);
  const v = Math.sin(radians(b.longitude - a.longitude) / 2);
  const h = u * u + Math.cos(radians(a.latitude)) * Math.cos(radians(b.latitude)) * v * v;
  return 2 * EARTH_KM * Math.asin(Math.sqrt(Math.min(1, h)));
}

/** Smallest box around a circle; it has every longitude where the circle has a pole. */
export function boxAround({ latitude, longitude, radiusKm }: Circle): Box {
  const angle = radiusKm / EARTH_KM;
  const [south, north] = [latitude - degrees(angle), latitude + degrees(angle)];
  if (south <= -90 || north >= 90) {
    return { south: Math.max(-90, south), north: Math.min(90, north), west: -180, east: 180 };
  }
  const half = degrees(Math.asin(Math.sin(angle) / Math.cos(radians(latitude))));
  return { south, north, west: longitude - half, east: longitude + half };
}

/** Degrees of longitude from the west to the east of a box. */
export const widthOf = ({ west, east }: Box): number => (east >= west ? east - west : east - west + 360);

/** True for a position in an area. */
export function isIn(area: Area, position: Position): boolean {
  if (!('box' in area)) return distanceKm(area, position) <= area.radiusKm;
  const { south, north, west } = area.box;
  const east = (((position.longitude - west) % 360) + 360) % 360;
  return position.latitude >= south && position.latitude <= north && east <= widthOf(area.box);
}

/** Circle of an area, or around it. */
export function circleOf(area: Area): Circle {
  if (!('box' in area)) return area;
  const { south, north, west } = area.box;
  const width = widthOf(area.box);
  const longitude = ((west + width / 2 + 540) % 360) - 180;
  const latitude = (south + north) / 2;
  // The farthest point is a corner, or on the side that is nearer to the equator.
  const corners = [south, north].map((side) => ({ latitude: side, longitude: west }));
  if (south < 0 && north > 0) corners.push({ latitude: 0, longitude: west });
  const radiusKm = Math.max(...corners.map((corner) => distanceKm({ latitude, longitude }, corner)));
  return { latitude, longitude, radiusKm: radiusKm * 1.001 + 0.001 };
}

/** Checks a position. @throws {CacheError} `E_INVALID_ARGUMENT` */
export function checkPosition({ latitude, longitude }: Position): void {
  checkNumber('latitude', latitude, -90, 90);
  checkNumber('longitude', longitude, -180, 180);
}

/** Checks an area. @throws {CacheError} `E_INVALID_ARGUMENT` */
export function checkArea(area: Area): void {
  if ('box' in area) {
    const { south, west, north, east } = area.box;
    checkPosition({ latitude: south, longitude: west });
    checkPosition({ latitude: north, longitude: east });
    mustBe(north >= south, 'box.north', "at least 'box.south'", north);
  } else {
    checkPosition(area);
    mustBe(Number.isFinite(area.radiusKm) && area.radiusKm > 0, 'radiusKm', 'a number above 0', area.radiusKm);
  }
}
