import { describeTopology } from '../platform/describe-topology';
import { environment } from '../platform/environment';
import { busFromEnvironment } from '../platform/from-environment';

const bus = busFromEnvironment();

/** Reports the cluster as ElastiCache describes it, on a schedule and after failovers. */
export const handler = async (): Promise<void> => {
  const report = await describeTopology({ replicationGroupId: environment.replicationGroupId });
  if ((await bus.publish([{ type: 'TopologyReported', detail: report }])).size > 0)
    throw new Error('the bus did not accept the report');
};
