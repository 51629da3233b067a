import type { ResourceTypes } from '../types';
import { ec2Types } from './ec2-types';
import { iamTypes } from './iam-types';
import { secretTypes } from './secret-types';

export { CallLog, type CallRecord } from './call-log';
export { identityOperations } from './caller-identity';
export type { ConditionedOperation } from './dispatch';
export { createEndpoint, type Endpoint, type EndpointOptions } from './endpoint';
export { type AwsOptions, awsFromTemplate } from './from-template';
export { type InsideTarget, Network, type NetworkOptions, type Placement, type Reach } from './network';
export { type Decision, Policies, type PoliciesOptions, type ServiceAuthorization } from './policies';
export { policiesOnRecord } from './recorded-policies';
export { SecretStore } from './secrets';
export { type Stacks, stackOperations } from './stacks';
export { defaultGroupOf } from './template-network';

/** Roles and policies, networks, secrets. */
export const types: ResourceTypes = { ...iamTypes, ...ec2Types, ...secretTypes };
