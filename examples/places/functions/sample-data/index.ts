import { join } from 'node:path';
import { closeDatabase, customResource, databaseFromEnvironment } from 'cachement/functions';
import { loadPlaces } from './load';
import schema from './places.sql';

/** Loads the sample's places, which lie beside this bundle. */
export const handler = customResource({
  physicalResourceId: 'cachement-sample-data',
  run: async () => {
    const database = databaseFromEnvironment({ primaryOnly: true, poolSize: 1, statementTimeoutMs: 0, connectTimeoutMs: 10_000 });
    try {
      const client = await database.writer.connect();
      try {
        return { loaded: await loadPlaces(client, schema, join(__dirname, 'places.json.gz')) };
      } finally {
        client.release();
      }
    } finally {
      await closeDatabase(database);
    }
  },
});
