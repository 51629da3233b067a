import { cacheFromEnvironment, databaseFromEnvironment } from 'cachement/functions';
import { consumptionOf, writeHours } from '../devices';
import { measurementsOf } from '../measurements';

const database = databaseFromEnvironment({ statementTimeoutMs: 20_000 });
const view = consumptionOf(cacheFromEnvironment(database, { loadTimeoutMs: 25_000 }));
const { series } = measurementsOf();

/** Called by a schedule: hours go to the database, and what takes long is computed there. Two calls at once compute once. */
export async function handler(): Promise<object> {
  const hours = await writeHours(database.writer, series);
  return { hours, consumption: await view.refresh() };
}
