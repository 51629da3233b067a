import type { App } from 'aws-cdk-lib';
import { PlatformNetwork } from '../network/platform-network';
import { PlatformStack, type PlatformStackProps } from './platform-stack';

export class NetworkStack extends PlatformStack {
  readonly network: PlatformNetwork;

  constructor(app: App, props: PlatformStackProps) {
    super(app, 'network', 'isolated subnets and endpoints', props);
    this.network = new PlatformNetwork(this, 'Network', { availabilityZones: this.config.environment?.availabilityZones });
  }
}
