export type { Area, Box, Circle, Position } from './areas';
export type { Cell } from './cells';
export { type Found, GeoIndex, type GeoIndexOptions, type GeoPoint, type Nearby } from './geo-index';
export { LiveGeoIndex, type LiveGeoIndexOptions } from './live-geo-index';
