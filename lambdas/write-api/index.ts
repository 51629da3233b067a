import { place } from '../../routes';
import { placeId } from '../places';
import { transaction } from '../platform/database';
import { busFromEnvironment, cacheFromEnvironment, databaseFromEnvironment } from '../platform/from-environment';
import { uncached } from '../platform/http/response';
import { createRouter, type Handler } from '../platform/http/router';
import { afterCommit } from '../platform/purge/purge-path';
import { changePlace, parseChange } from './change';

const database = databaseFromEnvironment({ readers: [] });
const inside = {
  primary: database.writer,
  bus: busFromEnvironment(),
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
