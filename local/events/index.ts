export type { DeliveryOptions } from './bus';
export type { BusEvent } from './bus-event';
export type { AuthorizeResource, RuleStats } from './delivery';
export { createEvents, type Events, type EventsDependencies, type ServiceEvent } from './events';
export { type EventsOptions, eventsFromTemplate } from './from-template';
export { types } from './resource-types';
