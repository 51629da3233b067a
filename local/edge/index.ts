export type { DistributionOptions } from './distribution';
export { createEdge, type Edge, type EdgeOptions, type EdgeStats } from './edge';
export { edgeFromTemplate } from './from-template';
export { types } from './resource-types';
