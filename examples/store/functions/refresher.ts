import { cacheFromEnvironment, databaseFromEnvironment } from 'cachement/functions';
import { loadTrends, trendsOf } from '../trends';

const database = databaseFromEnvironment({ statementTimeoutMs: 20_000 });
const cache = cacheFromEnvironment(database, { loadTimeoutMs: 25_000 });
const { trending, revenue } = trendsOf(cache);

/** Called by a schedule; two calls at once compute once. */
export async function handler(): Promise<object> {
  const lists = await loadTrends(database.writer);
  return { trending: await trending.publish(new Date().toISOString(), lists), revenue: await revenue.refresh() };
}
