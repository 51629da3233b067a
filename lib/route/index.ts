export * from './duration';
export * from './freshness';
export * from './key';
export type { LimitAlgorithm, LimitedBy, RouteLimit } from './limit';
export * from './platform-routes';
export * from './route';
export * from './site';
export * from './tag';
export { templateParameters } from './template';
