import { versionSourceContract as contract, type VersionSourceSubject } from '../../lambdas/runtime/testing';

/** Holds a source to the contract that the library exports. */
export function versionSourceContract<Handle>(subject: () => VersionSourceSubject<Handle>): void {
  for (const { name, run } of contract) test(name, () => run(subject() as VersionSourceSubject));
}
