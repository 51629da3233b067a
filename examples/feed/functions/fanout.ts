import { cacheFromEnvironment, databaseFromEnvironment, writerFromEnvironment } from 'cachement/functions';
import { CHANGE, doChange, type KeptChange } from '../changes';
import { feedsOf } from '../feeds';

const database = databaseFromEnvironment({ primaryOnly: true });
const cache = cacheFromEnvironment(database);
const writer = writerFromEnvironment({ database, cache });
const feeds = feedsOf(cache, database);

/** Time after which no other change is begun, below the function's timeout. */
const WORK_MS = 20_000;

/** Does what is due, called by a kick or a schedule: nothing is in the event. Others may do the same at once. */
export async function handler(): Promise<void> {
  const until = Date.now() + WORK_MS;
  while (Date.now() < until && (await doNext()));
}

/** Does one change, or a part of it, while it is locked: an end in the middle leaves it to the next one, which repeats it. */
function doNext(): Promise<boolean> {
  return writer.transaction(async (client) => {
    const { rows } = await client.query<KeptChange>(
      `SELECT ${CHANGE} FROM feed_changes WHERE due_at <= now() ORDER BY feed_changes.id LIMIT 1 FOR UPDATE SKIP LOCKED`,
    );
    const [change] = rows;
    if (!change) return false;
    const done = await doChange(feeds, change).catch((error) => {
      console.warn('a change of feeds is tried again', { change, error });
    });
    const { id, attempts } = change;
    if (done?.next) await client.query('UPDATE feed_changes SET after = $2 WHERE id = $1', [id, done.next]);
    // What a failover may lose is done once more; with no replica there, that is as good as it gets.
    else if (done?.replicated || (done && attempts > 0)) await client.query('DELETE FROM feed_changes WHERE id = $1', [id]);
    else await client.query(TRY_AGAIN, [id, done ? 1 : 10]);
    return true;
  });
}

const TRY_AGAIN = `UPDATE feed_changes SET attempts = attempts + 1, due_at = now() + make_interval(secs => $2) WHERE id = $1`;
