import { createRouter, type Handler, uncached, writerFromEnvironment } from 'cachement/functions';
import { place } from '../../routes';
import { placeId } from '../places';
import { changePlace, parseChange } from './change';

const writer = writerFromEnvironment();

const patchPlace: Handler = async ({ parameters, json }) => {
  const id = placeId(parameters.id);
  const change = parseChange(json());
  return uncached(200, await writer.transaction((client) => changePlace(client, id, change)));
};

/** Answers every write. */
export const handler = createRouter([{ route: place, PATCH: patchPlace }]);
