import type { App } from 'aws-cdk-lib';
import { CacheMonitoring } from '../operations/cache-monitoring';
import { TopologyReporter } from '../operations/topology-reporter';
import type { PurgeBus } from '../purge/purge-bus';
import type { PurgePipeline } from '../purge/purge-pipeline';
import type { SharedCache } from '../shared/shared-cache';
import { PlatformStack, type PlatformStackProps } from './platform-stack';

export interface OperationsStackProps extends PlatformStackProps {
  readonly shared: SharedCache;
  readonly bus: PurgeBus;
  readonly pipeline: PurgePipeline;
}

export class OperationsStack extends PlatformStack {
  constructor(app: App, props: OperationsStackProps) {
    super(app, 'operations', 'topology and alarms', props);
    new TopologyReporter(this, 'Topology', { shared: props.shared, bus: props.bus, logRemovalPolicy: this.removalPolicy });
    new CacheMonitoring(this, 'Monitoring', { deadLetters: props.pipeline.deadLetters });
  }
}
