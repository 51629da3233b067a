import type { Construct } from 'constructs';
import { PlatformNetwork } from '../network/platform-network';
import { PlatformKey } from '../operations/platform-key';
import { PlatformStack, type PlatformStackProps } from './platform-stack';

export class NetworkStack extends PlatformStack {
  readonly network: PlatformNetwork;
  readonly key: PlatformKey;

  constructor(scope: Construct, props: PlatformStackProps) {
    super(scope, 'network', 'isolated subnets, endpoints and the key', props);
    this.key = new PlatformKey(this, 'Key', { removalPolicy: this.removalPolicy });
    this.key.encryptByDefault(this);
    this.network = new PlatformNetwork(this, 'Network', {
      availabilityZones: this.config.environment?.availabilityZones,
      ipAddresses: this.config.ipAddresses,
      logRemovalPolicy: this.removalPolicy,
      removalPolicy: this.removalPolicy,
    });
  }
}
