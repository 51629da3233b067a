import { environment } from '../platform/environment';
import {
  busFromEnvironment,
  cacheFromEnvironment,
  databaseFromEnvironment,
  pacingFromEnvironment,
} from '../platform/from-environment';
import {
  edgeAcceptedStep,
  edgeCompletedStep,
  gatewayPurgedStep,
  replayStep,
  sharedStep,
  submittedStep,
  topologyStep,
} from '../platform/purge/purge-path';
import { createWorker } from '../platform/purge/worker';

const database = databaseFromEnvironment({ primaryOnly: true, statementTimeoutMs: 5_000 });
const context = {
  primary: database.writer,
  bus: busFromEnvironment(),
  shared: cacheFromEnvironment(database),
  drainSeconds: environment.drainSeconds,
  pacing: pacingFromEnvironment(),
};

/** Purges the shared tier and keeps the ledger: everything of the purge path that needs the network's inside. */
export const handler = createWorker({
  PurgeSubmitted: submittedStep(context),
  ReplayRequested: replayStep(context),
  PurgeRequested: sharedStep(context),
  GatewayPurged: gatewayPurgedStep(context),
  EdgePurgeAccepted: edgeAcceptedStep(context),
  EdgePurgeCompleted: edgeCompletedStep(context),
  TopologyReported: topologyStep(context),
});
