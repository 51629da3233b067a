export type { EventSourceOptions } from './event-source';
export { type QueuesOptions, queuesFromTemplate } from './from-template';
export type { QueueOptions, QueueStats } from './queue';
export { createQueues, type Queues } from './queues';
export { types } from './resource-types';
