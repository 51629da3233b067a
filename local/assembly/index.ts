export { ACCEPTED, type AcceptedType } from './accepted';
export { type CloudAssembly, readCloudAssembly, type Stack } from './cloud-assembly';
export { type CustomResourcesOptions, type ExpectResponse, executionOrder, makeCustomResources } from './custom-resources';
export type { SecretStore } from './dynamic-references';
export { AssemblyError } from './errors';
export { checkHonoured, ignoredPaths, mergeTypes, NotHonouredError, type Problem, unknownPaths } from './honoured';
export { type AssemblyModel, createModel, type ModelOptions, type Output } from './model';
export { type SkippedResource, skippedResources, skippedTypes } from './skipped';
