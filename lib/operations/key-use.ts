import { Annotations, Stack } from 'aws-cdk-lib';
import * as kms from 'aws-cdk-lib/aws-kms';
import type { Construct } from 'constructs';

/**
 * Checks at synthesis that a service may use a key: without the permission, what it publishes is lost silently. The policy of an
 * imported key can't be read, which is a warning.
 */
export function checkUse(user: Construct, key: kms.IKey, service: string): void {
  if (!(key instanceof kms.Key)) {
    Annotations.of(user).addWarningV2(
      'cachement:keyPolicy',
      `'encryptionKey' was made elsewhere; its policy must let ${service} use it, or what it publishes is lost. Acknowledge this when it does`,
    );
    return;
  }
  user.node.addValidation({
    validate: () => {
      const policy = JSON.stringify(Stack.of(key).resolve((key.node.defaultChild as kms.CfnKey).keyPolicy));
      if (policy.includes(`"${service}"`)) return [];
      return [
        `cache monitoring: 'encryptionKey' must let ${service} use it, or every alarm is lost, got: a policy without it; add a statement, or use the key of a PlatformKey`,
      ];
    },
  });
}
