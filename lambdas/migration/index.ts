import { customResource } from '../platform/custom-resource';
import { closeDatabase } from '../platform/database';
import { environment } from '../platform/environment';
import { databaseFromEnvironment } from '../platform/from-environment';
import { createSecret } from '../platform/secrets';
import { type Migration, migrate } from './migrate';
import { readOwnSchema } from './own-schema';
import purge from './sql/001-purge.sql';
import statistics from './sql/002-statistics.sql';
import pacing from './sql/003-purge-pacing.sql';
import gatewayRefresh from './sql/004-gateway-refresh.sql';
import keeper from './sql/005-keeper.sql';
import writers from './sql/006-writers.sql';
import administration from './sql/007-administration.sql';

const MIGRATIONS: Migration[] = [
  { name: '001-purge', sql: purge },
  { name: '002-statistics', sql: statistics },
  { name: '003-purge-pacing', sql: pacing },
  { name: '004-gateway-refresh', sql: gatewayRefresh },
  { name: '005-keeper', sql: keeper },
  { name: '006-writers', sql: writers, waitsFor: 'cachement_keeper' },
  { name: '007-administration', sql: administration },
];

/** The roles that the SQL grants to; the secrets must be theirs. */
const roleSecrets = () => ({
  cachement_reader: environment.databaseReaderSecretArn,
  cachement_writer: environment.databaseWriterSecretArn,
  cachement_keeper: environment.databaseKeeperSecretArn,
});

/**
 * Brings the database's schema and roles up to date, whenever the stack is deployed with another text of the SQL: the platform's,
 * then the application's own.
 */
export const handler = customResource({
  physicalResourceId: 'cachement-schema',
  run: async () => {
    const roles = await Promise.all(
      Object.entries(roleSecrets()).map(async ([name, arn]) => {
        const role = await createSecret(arn).value();
        if (role.username !== name) throw new Error(`secret '${arn}' must be of role '${name}', got: '${role.username}'`);
        return role;
      }),
    );
    const database = databaseFromEnvironment({ primaryOnly: true, poolSize: 1, statementTimeoutMs: 0, connectTimeoutMs: 10_000 });
    try {
      const client = await database.writer.connect();
      try {
        return { applied: (await migrate(client, roles, MIGRATIONS, readOwnSchema(__dirname))).length };
      } finally {
        client.release();
      }
    } finally {
      await closeDatabase(database);
    }
  },
});
