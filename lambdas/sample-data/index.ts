import { join } from 'node:path';
import { customResource } from '../runtime/custom-resource';
import { closeDatabase, createDatabase } from '../runtime/database';
import { environment } from '../runtime/environment';
import { createSecret } from '../runtime/secrets';
import { loadPlaces } from './load';
import schema from './places.sql';

/** Loads the sample's places, which lie beside this bundle. */
export const handler = customResource({
  physicalResourceId: 'cachement-sample-data',
  run: async () => {
    const database = createDatabase({
      writer: environment.databaseWriter,
      readers: [],
      name: environment.databaseName,
      secret: createSecret(environment.databaseSecretArn),
      poolSize: 1,
      applicationName: environment.functionName,
      statementTimeoutMs: 0,
      connectTimeoutMs: 10_000,
    });
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
