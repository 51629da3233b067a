import {
  cached,
  cacheFromEnvironment,
  createRouter,
  databaseFromEnvironment,
  type Handler,
  Problem,
  platformEndpoints,
  requestPurge,
  uncached,
  writerFromEnvironment,
} from 'cachement/functions';
import { routeTags } from 'cachement/route';
import { note } from '../routes';

const database = databaseFromEnvironment();
const cache = cacheFromEnvironment(database);
const writer = writerFromEnvironment();

/** The id in its one spelling: key and tags are made of it. */
function idOf(id = ''): string {
  if (!/^[1-9]\d{0,5}$/.test(id)) throw new Problem(400, `'id' must be a whole number from 1 on, got: '${id.slice(0, 20)}'`);
  return id;
}

const getNote: Handler = async ({ parameters, read }) => {
  const id = idOf(parameters.id);
  const found = await read(cache, { id }, async (handle) => {
    const { rows } = await handle.query<{ text: string }>('SELECT text FROM notes WHERE city_id = $1', [id]);
    return { id: Number(id), text: rows[0]?.text ?? '' };
  });
  return cached(note, found);
};

const putNote: Handler = async ({ parameters, json }) => {
  const id = idOf(parameters.id);
  const { text } = json();
  if (typeof text !== 'string' || text.length > 200) {
    throw new Problem(400, `'text' must be at most 200 characters, got: ${typeof text === 'string' ? text.length : typeof text}`);
  }
  const purgeId = await writer.transaction(async (client) => {
    await client.query(
      'INSERT INTO notes (city_id, text) VALUES ($1, $2) ON CONFLICT (city_id) DO UPDATE SET text = excluded.text',
      [id, text],
    );
    return requestPurge(client, routeTags(note, { id }));
  });
  return uncached(200, { id: Number(id), text, purgeId });
};

export const handler = createRouter([{ route: note, GET: getNote, PUT: putNote }, ...platformEndpoints({ database, cache })]);
