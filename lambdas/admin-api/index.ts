import { administrationEndpoints } from '../platform/administration/administration-endpoints';
import { environment } from '../platform/environment';
import {
  busFromEnvironment,
  cacheFromEnvironment,
  connectionFromEnvironment,
  databaseFromEnvironment,
} from '../platform/from-environment';
import { createRouter } from '../platform/http/router';

// A transaction stays open while up to a thousand entries are purged.
const database = databaseFromEnvironment({ primaryOnly: true, statementTimeoutMs: 5_000 });

/** Shows what is cached, and purges it by hand. */
export const handler = createRouter(
  administrationEndpoints({
    database,
    cache: cacheFromEnvironment(database),
    connection: connectionFromEnvironment(),
    bus: busFromEnvironment(),
    routes: environment.cacheRoutes,
  }),
);
