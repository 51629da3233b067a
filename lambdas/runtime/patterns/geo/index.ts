export type { Found, GeoPoint, Nearby } from './answers';
export type { Area, Box, Circle, Position } from './areas';
export type { Cell } from './cells';
export { GeoIndex, type GeoIndexOptions } from './geo-index';
export { LiveGeoIndex, type LiveGeoIndexOptions } from './live-geo-index';
