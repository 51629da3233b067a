import { Duration, Lazy, type RemovalPolicy, Stack } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import * as variables from '../contract/variables';
import { DatabaseRole } from '../database/database-role';
import { PlatformFunction } from '../functions/platform-function';
import type { CachingPlatform } from '../platform';
import { administrationRoutes, type Route } from '../route';

/** Properties of a CacheAdministration. */
export interface CacheAdministrationProps {
  /** Platform that is administered, whose API was made by it. */
  readonly platform: CachingPlatform;

  /**
   * Removal policy of the function's log.
   * @default RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE
   */
  readonly logRemovalPolicy?: RemovalPolicy;
}

/** Longest time of a request: what API Gateway waits for. */
const TIMEOUT = Duration.seconds(29);

/** Operators that ask at once. */
const CONCURRENCY = 2;

/**
 * Routes by which operators see what is cached and purge it by hand: `/cache/stats`, `/cache/entries`, `/cache/keys` and
 * `/cache/purges`, which `cachement cache` of the command line asks. Each needs IAM authorisation, unless the API is open. It
 * finds entries by SCAN, paced and of the platform's namespace alone, and its purges go through the outbox, with a row of the
 * audit each.
 *
 * @throws {RangeError} where the platform's API was made elsewhere, or serves one of these paths already.
 */
export class CacheAdministration extends Construct {
  /** Function that answers. */
  readonly function: PlatformFunction;

  constructor(scope: Construct, id: string, props: CacheAdministrationProps) {
    super(scope, id);
    const { platform } = props;
    this.function = new PlatformFunction(this, 'Function', {
      bundle: 'admin-api',
      description: 'Shows what is cached, and purges it by hand',
      timeout: TIMEOUT,
      concurrency: CONCURRENCY,
      vpc: platform.network.vpc,
      vpcSubnets: platform.network.vpcSubnets,
      environment: {
        [variables.CACHE_ROUTES]: Lazy.string({ produce: () => Stack.of(this).toJsonString(pathsOf(platform.routes)) }),
      },
      logRemovalPolicy: props.logRemovalPolicy,
    });
    platform.addClient(this.function, { role: DatabaseRole.KEEPER });
    const reader = this.function;
    const { stats, entries, keys, purges } = administrationRoutes;
    for (const route of [stats, entries, keys]) platform.addRoute(route, { reader, restricted: true });
    platform.addRoute(purges, { reader, restricted: true, writes: ['POST'] });
  }
}

/** Path of each route that is cached, with a `?` where its query strings are part of the key. */
function pathsOf(routes: readonly Route[]): Record<string, string> {
  return Object.fromEntries(
    routes
      .filter(({ freshness }) => freshness)
      .map(({ name, path, query }) => [name, Object.keys(query).length > 0 ? `${path}?` : path]),
  );
}
