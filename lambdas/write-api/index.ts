import { place } from '../../routes';
import { placeId } from '../places';
import { createBus } from '../runtime/bus';
import { transaction } from '../runtime/database';
import { environment } from '../runtime/environment';
import { cacheFromEnvironment, databaseFromEnvironment } from '../runtime/from-environment';
import { uncached } from '../runtime/http/response';
import { createRouter, type Handler } from '../runtime/http/router';
import { afterCommit } from '../runtime/purge/purge-path';
import { changePlace, parseChange } from './change';

const database = databaseFromEnvironment({ readers: [] });
const inside = {
  primary: database.writer,
  bus: createBus({ name: environment.busName }),
  shared: cacheFromEnvironment(database),
};

const patchPlace: Handler = async ({ parameters, json }) => {
  const id = placeId(parameters.id);
  const change = parseChange(json());
  const { place: changed, purgeId, tags } = await transaction(database.writer, (client) => changePlace(client, id, change));
  await afterCommit(inside, purgeId, tags);
  return uncached(200, { ...changed, purgeId });
};

/** Answers every write. */
export const handler = createRouter([{ route: place, methods: { PATCH: patchPlace }, elsewhere: ['GET', 'HEAD'] }]);
