import { databaseFromEnvironment } from 'cachement/functions';
import { rollUpEvents } from 'cachement/patterns/usage';
import { EXPORTS, usageOf } from '../metering';

const database = databaseFromEnvironment({ primaryOnly: true, statementTimeoutMs: 20_000 });
const usage = usageOf();

/**
 * Writes the hours of the bill, on a schedule: totals, so that a repetition changes nothing, and the next call makes a failed one
 * good.
 */
export async function handler(): Promise<object> {
  const counted = await usage.flush(database.writer);
  await rollUpEvents(database.writer, EXPORTS);
  return { counted };
}
