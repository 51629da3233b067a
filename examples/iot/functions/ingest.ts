import { createRouter, type Handler, Problem, requestPurge, uncached, writerFromEnvironment } from 'cachement/functions';
import { batchOf, checkedId, measurementsOf } from '../measurements';
import { device, readings, tagsOf } from '../routes';

const writer = writerFromEnvironment();
const measurements = measurementsOf();

/** Answered once all of it counts; where that fails, whoever sent it sends it again. */
const postReadings: Handler = async ({ json }) => {
  const batch = batchOf(json());
  try {
    return uncached(200, await measurements.record(batch));
  } catch (error) {
    if ((error as { code?: string }).code !== 'E_SHARED_UNAVAILABLE') throw error;
    throw new Problem(503, 'send the batch again, with the same id', { 'retry-after': '1' });
  }
};

const putDevice: Handler = async ({ parameters, json }) => {
  const id = checkedId(parameters.id);
  const { name } = json();
  if (typeof name !== 'string' || name.length < 1 || name.length > 100) {
    throw new Problem(400, `'name' must be 1 to 100 characters, got: ${JSON.stringify(name)}`);
  }
  const changed = await writer.transaction(async (client) => {
    const { rowCount } = await client.query('UPDATE devices SET name = $2 WHERE id = $1', [id, name]);
    if (rowCount === 0) throw new Problem(404, `there is no device ${id}`);
    return { id, name, purgeId: await requestPurge(client, tagsOf(id)) };
  });
  return uncached(200, changed);
};

export const handler = createRouter([
  { route: readings, POST: postReadings },
  { route: device, PUT: putDevice },
]);
