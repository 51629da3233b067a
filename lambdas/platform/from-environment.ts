import { FUNCTION_DIMENSION } from '../../lib/contract/metrics';
import { Cache } from '../runtime/cache';
import { readMetrics } from '../runtime/read-metrics';
import { RedisStore } from '../runtime/shared/redis-store';
import { type Handle, PostgresVersions } from '../runtime/versions/postgres';
import { type Bus, createBus } from './bus';
import { createDatabase, type Database, type DatabaseOptions } from './database';
import { environment } from './environment';
import { callsPerSecond, type Pacing } from './purge/pacing';
import { createSecret } from './secrets';

/** Database that this function's variables name. @param options override what the variables say. */
export function databaseFromEnvironment(options: Partial<DatabaseOptions> = {}): Database {
  return createDatabase({
    writer: environment.databaseWriter,
    readers: options.readers ?? environment.databaseReaders,
    name: environment.databaseName,
    secret: createSecret(environment.databaseSecretArn),
    poolSize: options.poolSize ?? environment.databasePoolSize,
    applicationName: environment.functionName,
    statementTimeoutMs: options.statementTimeoutMs,
    connectTimeoutMs: options.connectTimeoutMs,
  });
}

/** Shared tier that this function's variables name. */
export function storeFromEnvironment(): RedisStore {
  const { host, port } = environment.sharedEndpoint;
  return new RedisStore({
    namespace: environment.cacheNamespace,
    endpoint: `${host}:${port}`,
    credentials: createSecret(environment.sharedSecretArn).value,
  });
}

/** Cache that this function's variables name. */
export function cacheFromEnvironment(database: Database, shared = storeFromEnvironment()): Cache<Handle> {
  return new Cache<Handle>({
    shared,
    source: new PostgresVersions(database),
    telemetry: readMetrics({
      write: (line) => process.stdout.write(`${line}\n`),
      dimensions: { [FUNCTION_DIMENSION]: environment.functionName },
    }),
  });
}

/** Event bus that this function's variables name. */
export function busFromEnvironment(): Bus {
  return createBus({ name: environment.busName });
}

/** Pacing of the outer tiers that this function's variables set. */
export function pacingFromEnvironment(): Pacing {
  return {
    gatewayWindowMs: environment.gatewayWindowMs,
    edgeWindowMs: environment.edgeWindowMs,
    monthlyItems: environment.edgeMonthlyItems,
    parentTags: environment.edgeParentTags,
    exactTags: environment.gatewayExactTags,
    escalateFrom: environment.edgeEscalateFrom,
    callsPerSecond: callsPerSecond(environment.edgeWindowMs),
  };
}
