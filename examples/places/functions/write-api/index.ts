import {
  afterCommit,
  busFromEnvironment,
  cacheFromEnvironment,
  createRouter,
  databaseFromEnvironment,
  type Handler,
  transaction,
  uncached,
} from 'cachement/functions';
import { place } from '../../routes';
import { placeId } from '../places';
import { changePlace, parseChange } from './change';

const database = databaseFromEnvironment({ readers: [] });
const context = {
  primary: database.writer,
  bus: busFromEnvironment(),
  shared: cacheFromEnvironment(database),
};

const patchPlace: Handler = async ({ parameters, json }) => {
  const id = placeId(parameters.id);
  const change = parseChange(json());
  const { place: changed, purgeId, tags } = await transaction(database.writer, (client) => changePlace(client, id, change));
  await afterCommit(context, purgeId, tags);
  return uncached(200, { ...changed, purgeId });
};

/** Answers every write. */
export const handler = createRouter([{ route: place, methods: { PATCH: patchPlace }, elsewhere: ['GET', 'HEAD'] }]);
