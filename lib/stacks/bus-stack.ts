import type { App } from 'aws-cdk-lib';
import { PurgeBus } from '../purge/purge-bus';
import { PlatformStack, type PlatformStackProps } from './platform-stack';

export class BusStack extends PlatformStack {
  readonly bus: PurgeBus;

  constructor(app: App, props: PlatformStackProps) {
    super(app, 'bus', 'the bus of purges', props);
    this.bus = new PurgeBus(this, 'Purges');
  }
}
