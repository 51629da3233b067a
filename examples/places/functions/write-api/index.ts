import { createRouter, databaseFromEnvironment, type Handler, uncached, writerFromEnvironment } from 'cachement/functions';
import { place } from '../../routes';
import { nearbyOf } from '../nearby';
import { placeId } from '../places';
import { changePlace, parseChange } from './change';

const database = databaseFromEnvironment({ primaryOnly: true });
const writer = writerFromEnvironment({ database });
const nearby = nearbyOf(database);

const patchPlace: Handler = async ({ parameters, json }) => {
  const id = placeId(parameters.id);
  const change = parseChange(json());
  const { from, ...changed } = await writer.transaction((client) => changePlace(client, id, change));
  if (from) {
    // Of a tier that is down cells are right again once they end. The change is committed, and the place itself says where it is.
    await nearby.moved({ from, to: changed.location }).catch((error) => console.warn('cells not dropped', { id, error }));
  }
  return uncached(200, changed);
};

/** Answers every write. */
export const handler = createRouter([{ route: place, PATCH: patchPlace }]);
