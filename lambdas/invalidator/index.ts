import { createBus } from '../runtime/bus';
import { environment } from '../runtime/environment';
import { cacheFromEnvironment, databaseFromEnvironment } from '../runtime/from-environment';
import { edgeAcceptedStep, edgeCompletedStep, gatewayPurgedStep, sharedStep, topologyStep } from '../runtime/purge/purge-path';
import { createWorker } from '../runtime/purge/worker';

const database = databaseFromEnvironment({ readers: [], statementTimeoutMs: 5_000 });
const inside = {
  primary: database.writer,
  bus: createBus({ name: environment.busName }),
  shared: cacheFromEnvironment(database),
  settleSeconds: environment.settleSeconds,
};

/** Purges the shared tier and keeps the ledger: everything of the purge path that needs the network's inside. */
export const handler = createWorker({
  PurgeRequested: sharedStep(inside),
  GatewayPurged: gatewayPurgedStep(inside),
  EdgePurgeAccepted: edgeAcceptedStep(inside),
  EdgePurgeCompleted: edgeCompletedStep(inside),
  TopologyReported: topologyStep(inside),
});
