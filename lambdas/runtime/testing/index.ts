export type { ContractCase } from './contract';
export { sharedStoreContract } from './shared-store';
export { type VersionSourceSubject, versionSourceContract } from './version-source';
