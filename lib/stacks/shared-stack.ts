import type { Construct } from 'constructs';
import type { IPlatformNetwork } from '../network/platform-network';
import { SharedCache } from '../shared/shared-cache';
import { namespaceOf, PlatformStack, type PlatformStackProps } from './platform-stack';

export interface SharedStackProps extends PlatformStackProps {
  readonly network: IPlatformNetwork;
}

export class SharedStack extends PlatformStack {
  readonly shared: SharedCache;

  constructor(scope: Construct, props: SharedStackProps) {
    super(scope, 'shared', 'shared tier', props);
    this.shared = new SharedCache(this, 'Shared', {
      network: props.network,
      namespace: namespaceOf(this.config),
      ...this.config.shared,
      removalPolicy: this.removalPolicy,
    });
  }
}
