/**
 * Toolkit for handlers of one's own: a router with responses that every tier caches and purges, the writer's side of a purge, and
 * set-up from the variables that `addClient` of each tier sets. Imported as `cachement/functions`.
 */
export { type Bus, createBus, type Message } from './bus';
export { type CustomResourceEvent, type CustomResourceOptions, customResource } from './custom-resource';
export { closeDatabase, type Database, type DatabaseOptions, read, transaction } from './database';
export { busFromEnvironment, cacheFromEnvironment, databaseFromEnvironment, storeFromEnvironment } from './from-environment';
export { type Health, health } from './health';
export { Problem } from './http/problem';
export type { ProxyEvent, Request } from './http/request';
export { cached, problemResponse, type Response, uncached } from './http/response';
export { createRouter, type Endpoint, type Handler } from './http/router';
export { type Log, type LogFields, log } from './log';
export { afterCommit, type SharedTier } from './purge/purge-path';
export { type PurgeOptions, requestPurge } from './purge/purge-requests';
export { type ComparedKey, type PurgedKey, type PurgedKeysOptions, purgedKeys } from './purge/purged-keys';
export { isPurgeId, listPurges, type PurgeReport, type PurgeSummary, purgeReport } from './purge/report';
export { type WarmKey, type WarmOptions, warmStep } from './purge/warm';
export { createWorker, type Step, type Steps } from './purge/worker';
