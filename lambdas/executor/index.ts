import { createBus } from '../runtime/bus';
import { environment } from '../runtime/environment';
import { createDistribution } from '../runtime/purge/distribution';
import { createEdgeQueue } from '../runtime/purge/edge-queue';
import { edgePollStep, edgeStep, gatewayStep, wakeStep } from '../runtime/purge/purge-path';
import { createStageCache } from '../runtime/purge/stage-cache';
import { isThrottle } from '../runtime/purge/throttle';
import { createWorker } from '../runtime/purge/worker';

const outside = {
  bus: createBus({ name: environment.busName }),
  stageCache: createStageCache({
    restApiId: environment.restApiId,
    stageName: environment.apiStageName,
    url: environment.apiUrl,
  }),
  distribution: createDistribution({ distributionId: environment.distributionId }),
  defer: createEdgeQueue({ url: environment.edgeQueueUrl }),
  isThrottle,
};

/** Purges gateway and edge through their APIs, outside the network, and reports. Keeps nothing. Steps that wait hold up no others. */
export const handler = createWorker(
  {
    GatewayPurgeRequested: gatewayStep(outside),
    EdgePurgeRequested: edgeStep(outside),
    EdgePurgeAccepted: edgePollStep(outside),
    WakeRequested: wakeStep(outside),
  },
  { atOnce: true },
);
