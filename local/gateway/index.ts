export type { Access, Decision } from './access';
export { gatewayFromTemplate } from './from-template';
export { createGateway, type Gateway } from './gateway';
export type { GatewayOptions, Method, MethodSetting, PathResource, RestApi, Stage } from './options';
export { types } from './resource-types';
export type { StageStatistics } from './stage-handler';
