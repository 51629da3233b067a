import { environment } from '../platform/environment';
import { busFromEnvironment } from '../platform/from-environment';
import { createDistribution } from '../platform/purge/distribution';
import { createEdgeQueue } from '../platform/purge/edge-queue';
import { edgePollStep, edgeStep, gatewayStep, wakeStep } from '../platform/purge/purge-path';
import { createStageCache } from '../platform/purge/stage-cache';
import { isThrottle } from '../platform/purge/throttle';
import { createWorker } from '../platform/purge/worker';

const ports = {
  bus: busFromEnvironment(),
  stageCache: createStageCache({
    restApiId: environment.restApiId,
    stageName: environment.apiStageName,
    url: environment.apiUrl,
  }),
  distribution: createDistribution({ distributionId: environment.distributionId }),
  defer: createEdgeQueue({ url: environment.edgeQueueUrl }),
  isThrottle,
};

/**
 * Purges gateway and edge through their APIs, outside the network, and reports. Keeps nothing. Steps that wait hold up no others.
 */
export const handler = createWorker(
  {
    GatewayPurgeRequested: gatewayStep(ports),
    EdgePurgeRequested: edgeStep(ports),
    EdgePurgeAccepted: edgePollStep(ports),
    WakeRequested: wakeStep(ports),
  },
  { atOnce: true },
);
