export type { DistributionOptions } from './distribution';
export { createEdge, type Edge, type EdgeOptions, type EdgeStats } from './edge';
export { edgeFromTemplate } from './template';
export { types } from './types';
