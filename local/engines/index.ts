export { redisBinary } from './binaries';
export { type Certificates, ensureCertificates } from './certificates';
export { createEngines, type EngineProcess, type Engines } from './engines';
export { type EnginesOptions, enginesFromTemplate } from './from-template';
export { types } from './resource-types';
export { type EngineTarget, engineTargets } from './targets';
