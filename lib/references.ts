import { CrossStackReferences, ReferenceStrength } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';

/**
 * Makes references to resources strong exports, so that CloudFormation refuses to replace a resource that another stack uses, and
 * knows its name before it deploys: by a weak one, every update plans the replacement of whatever can't change that name.
 *
 * @see https://github.com/aws/aws-cdk/issues/38829
 */
export function referStrongly(...producers: readonly (IConstruct | undefined)[]): void {
  for (const producer of producers) {
    if (producer) CrossStackReferences.of(producer).produce(ReferenceStrength.STRONG);
  }
}
