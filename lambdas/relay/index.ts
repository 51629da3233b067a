import { afterFreeze } from '../platform/after-freeze';
import { busFromEnvironment, databaseFromEnvironment, pacingFromEnvironment } from '../platform/from-environment';
import { relayStep, sweepStep } from '../platform/purge/purge-path';

// Rows are held while the bus is called.
const database = databaseFromEnvironment({ primaryOnly: true, statementTimeoutMs: 5_000 });
const vpc = { primary: database.writer, bus: busFromEnvironment(), pacing: pacingFromEnvironment() };

/** `source` of the events of a schedule. */
const SCHEDULE = 'aws.events';

/** Time that one more transaction may take, in milliseconds. */
const RESERVE_MS = 5_000;

interface RelayEvent {
  readonly source?: string;
  readonly Records?: readonly unknown[];
}

/** Publishes due outbox rows, for kicks from their queue and for the schedule. Fails where something is left. */
export const handler = async (event: RelayEvent | undefined, context: { getRemainingTimeInMillis(): number }) => {
  await afterFreeze();
  const result = await relayStep(vpc, () => context.getRemainingTimeInMillis() < RESERVE_MS);
  if (event?.source === SCHEDULE) await sweepStep(vpc);
  if (result.failed > 0) throw new Error(`the bus did not accept ${result.failed} of ${result.sent + result.failed} messages`);
  return event?.Records ? { batchItemFailures: [] } : result;
};
