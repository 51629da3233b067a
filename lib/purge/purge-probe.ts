import { Duration, type RemovalPolicy } from 'aws-cdk-lib';
import * as events from 'aws-cdk-lib/aws-events';
import * as targets from 'aws-cdk-lib/aws-events-targets';
import type * as sqs from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import * as variables from '../contract/variables';
import type { IEdgeDistribution } from '../edge/edge-distribution-base';
import { PlatformFunction } from '../functions/platform-function';
import type { ICachedApi } from '../gateway/cached-api-base';
import type { Route } from '../route';

/** Properties of a PurgeProbe. */
export interface PurgeProbeProps {
  /** API that returns the primary's values. */
  readonly api: ICachedApi;

  /** Edge that is read as viewers read it. */
  readonly edge: IEdgeDistribution;

  /**
   * Route that lists the keys that were purged between `from` and `to`, with the entity tags of the primary's current values. It
   * must not be cached.
   */
  readonly purgedKeys: Route;

  /** Queue of the pipeline for events that could not be delivered. */
  readonly deadLetterQueue: sqs.IQueue;

  /**
   * Removal policy of the function's log.
   * @default RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE
   */
  readonly logRemovalPolicy?: RemovalPolicy;
}

const INTERVAL = Duration.minutes(1);

/** Limit of a run: thirty reads at ten per second, and six requests of the API that may take 5 s each. */
const TIMEOUT = Duration.seconds(50);

/**
 * Function that reads some of the keys that were purged 10 seconds, a minute and ten minutes ago through the edge, compares them
 * with the primary, and reports the share that is consistent. It runs outside of the network, as viewers do, and asks the API for
 * the primary's values.
 *
 * @throws {RangeError} where the route is cached, or doesn't take `from` and `to`.
 */
export class PurgeProbe extends Construct {
  /** Function that reads the keys. */
  readonly probe: PlatformFunction;

  constructor(scope: Construct, id: string, props: PurgeProbeProps) {
    super(scope, id);
    const { api, edge, purgedKeys } = props;
    checkRoute(purgedKeys);
    this.probe = new PlatformFunction(this, 'Function', {
      bundle: 'probe',
      description: 'Compares purged keys at the edge with the primary',
      timeout: TIMEOUT,
      memorySizeMib: 256,
      environment: {
        [variables.API_URL]: api.url,
        [variables.PURGED_KEYS_PATH]: purgedKeys.path,
        [variables.EDGE_URL]: `https://${edge.distribution.distributionDomainName}`,
      },
      logRemovalPolicy: props.logRemovalPolicy,
    });
    api.grants.invoke(this.probe, 'GET', purgedKeys.path);
    new events.Rule(this, 'Schedule', {
      description: 'Compares purged keys at the edge with the primary',
      schedule: events.Schedule.rate(INTERVAL),
      // A lost run isn't repeated: the next one compares keys of its own time.
      targets: [new targets.LambdaFunction(this.probe, { deadLetterQueue: props.deadLetterQueue })],
    });
  }
}

function checkRoute({ name, freshness, pathParameters, query }: Route): void {
  const fail = (rule: string, got: string, fix: string): never => {
    throw new RangeError(`purge probe: 'purgedKeys' must ${rule}, got: route '${name}' ${got}; ${fix}`);
  };
  if (freshness) fail('not be cached', 'with a freshness', 'leave it out, since the answer is compared with what caches have');
  if (pathParameters.length > 0) fail('have no parameters in its path', `with ${pathParameters.join(', ')}`, 'remove them');
  if (!query.from || !query.to)
    fail("take the query strings 'from' and 'to'", `with ${Object.keys(query).join(', ') || 'none'}`, "add them to 'query'");
}
