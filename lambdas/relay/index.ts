import { createBus } from '../runtime/bus';
import { environment } from '../runtime/environment';
import { databaseFromEnvironment } from '../runtime/from-environment';
import { relayStep } from '../runtime/purge/purge-path';
import { afterFreeze } from '../runtime/thaw';

// Rows are held while the bus is called.
const database = databaseFromEnvironment({ readers: [], statementTimeoutMs: 5_000 });
const inside = { primary: database.writer, bus: createBus({ name: environment.busName }) };

/** What one more transaction may take, in milliseconds. */
const RESERVE_MS = 5_000;

/** Says on the bus whatever is due in the outbox, whoever asks: a writer's kick or the schedule. Fails where something is left. */
export const handler = async (_event: unknown, context: { getRemainingTimeInMillis(): number }) => {
  await afterFreeze();
  const result = await relayStep(inside, () => context.getRemainingTimeInMillis() < RESERVE_MS);
  if (result.failed > 0) throw new Error(`the bus did not accept ${result.failed} of ${result.sent + result.failed} messages`);
  return result;
};
