import { createRouter, type Handler, Problem, requestPurge, uncached, writerFromEnvironment } from 'cachement/functions';
import { recordInTransaction } from 'cachement/patterns/usage';
import { EXPORTS } from '../metering';
import { configuration, exported, plan, planTags, tenantTag } from '../routes';
import { checkedId } from '../tenants';

const writer = writerFromEnvironment();

/** A new quota holds for every tenant of the plan within seconds: what is known of them carries the plan's tag. */
const putPlan: Handler = async ({ parameters, json }) => {
  const id = checkedId(parameters.id);
  const { requestsPerDay } = json();
  if (typeof requestsPerDay !== 'number' || !Number.isInteger(requestsPerDay) || requestsPerDay < 0 || requestsPerDay > 1e9) {
    throw new Problem(400, `'requestsPerDay' must be a whole number up to 1e9, got: ${JSON.stringify(requestsPerDay)}`);
  }
  const changed = await writer.transaction(async (client) => {
    const { rowCount } = await client.query('UPDATE plans SET requests_per_day = $2 WHERE id = $1', [id, requestsPerDay]);
    if (rowCount === 0) throw new Problem(404, `there is no plan ${id}`);
    return { id, requestsPerDay, purgeId: await requestPurge(client, planTags(id)) };
  });
  return uncached(200, changed);
};

const putConfiguration: Handler = async ({ parameters, json }) => {
  const id = checkedId(parameters.id);
  const settings = json();
  const changed = await writer.transaction(async (client) => {
    const { rowCount } = await client.query('UPDATE tenants SET settings = $2 WHERE id = $1', [id, settings]);
    if (rowCount === 0) throw new Problem(404, `there is no tenant ${id}`);
    return { id, settings, purgeId: await requestPurge(client, [tenantTag(id)]) };
  });
  return uncached(200, changed);
};

/** What is billed to the cent is a row, committed with what it is about, and once for its id. */
const postExport: Handler = async ({ parameters, json }) => {
  const tenant = checkedId(parameters.id);
  const { exportId, rows } = json();
  if (typeof exportId !== 'string' || !/^[\w-]{1,64}$/.test(exportId)) {
    throw new Problem(400, "'exportId' must be at most 64 letters, digits, '_' and '-': the same for a repetition");
  }
  if (typeof rows !== 'number' || !Number.isInteger(rows) || rows < 1 || rows > 1_000_000) {
    throw new Problem(400, "'rows' must be a whole number from 1 to 1000000");
  }
  const isNew = await writer.transaction(async (client) => {
    const { rowCount } = await client.query(
      `INSERT INTO exports (tenant, export_id, rows) SELECT id, $2, $3 FROM tenants WHERE id = $1 ON CONFLICT DO NOTHING`,
      [tenant, exportId, rows],
    );
    const billed = { eventId: `${tenant}/${exportId}`, tenant, meter: 'exported rows', units: rows };
    return rowCount === 1 && recordInTransaction(client, EXPORTS, billed);
  });
  return uncached(isNew ? 201 : 200, { exportId });
};

export const handler = createRouter([
  { route: plan, PUT: putPlan },
  { route: configuration, PUT: putConfiguration },
  { route: exported, POST: postExport },
]);
