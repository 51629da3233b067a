import type { Construct } from 'constructs';
import { PurgeBus } from '../purge/purge-bus';
import { PlatformStack, type PlatformStackProps } from './platform-stack';

export class BusStack extends PlatformStack {
  readonly bus: PurgeBus;

  constructor(scope: Construct, props: PlatformStackProps) {
    super(scope, 'bus', 'the bus of purges', props);
    this.bus = new PurgeBus(this, 'Purges');
  }
}
