export type { ConnectionRecord, ConnectionRules, ConnectionTarget } from './connections';
export { lambdaFromTemplate } from './from-template';
export type { EnvironmentDescription } from './function-pool';
export { type AsynchronousFunctionTarget, createLambda, type Lambda } from './lambda';
export type { AsynchronousOptions, FunctionOptions, LambdaOptions } from './options';
export { types } from './resource-types';
