export { createEdge, type Edge, type EdgeOptions, type EdgeStats } from './edge';
export { edgeFromTemplate } from './from-template';
export type { DistributionOptions } from './options';
export { types } from './resource-types';
