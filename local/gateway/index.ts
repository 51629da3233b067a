export type { Access, Decision } from './access';
export { gatewayFromTemplate } from './from-template';
export { createGateway, type Gateway } from './gateway';
export type { GatewayOptions, Method, MethodSetting, PathResource, RestApi, Stage } from './options';

import type { ResourceTypes } from '../types';
import { httpApiTypes } from './http-api/resource-types';
import { types as restApiTypes } from './resource-types';

/** REST APIs, HTTP APIs and function URLs. */
export const types: ResourceTypes = { ...restApiTypes, ...httpApiTypes };
export type { StageStatistics } from './stage-handler';
