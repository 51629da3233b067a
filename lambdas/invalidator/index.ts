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

const database = databaseFromEnvironment({ readers: [], statementTimeoutMs: 5_000 });
const inside = {
  primary: database.writer,
  bus: busFromEnvironment(),
  shared: cacheFromEnvironment(database),
  settleSeconds: environment.settleSeconds,
  pacing: pacingFromEnvironment(),
};

/** Purges the shared tier and keeps the ledger: everything of the purge path that needs the network's inside. */
export const handler = createWorker({
  PurgeSubmitted: submittedStep(inside),
  ReplayRequested: replayStep(inside),
  PurgeRequested: sharedStep(inside),
  GatewayPurged: gatewayPurgedStep(inside),
  EdgePurgeAccepted: edgeAcceptedStep(inside),
  EdgePurgeCompleted: edgeCompletedStep(inside),
  TopologyReported: topologyStep(inside),
});
