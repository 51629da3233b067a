import { Annotations, Duration } from 'aws-cdk-lib';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import type { IConstruct } from 'constructs';
import { TAG_TTL_SECONDS } from '../contract/defaults';
import { drainSeconds, type Route } from '../route';

/** Lambda's default, of a function whose construct names no timeout. */
const DEFAULT_FUNCTION_TIMEOUT = Duration.seconds(3);

/**
 * Longest time that a REST API waits for a function, for one whose timeout isn't known here.
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-execution-service-limits-table.html
 */
const INTEGRATION_TIMEOUT = Duration.seconds(29);

/** Longest drain that nobody asks about: a purge then takes about half a minute, which is what the edge itself may take. */
const LONG_DRAIN = Duration.seconds(15);

/**
 * @param readTimeout longest time that a read can be in flight.
 * @returns the time between the purges of the shared tier and of the outer tiers.
 */
export const drainOf = (routes: readonly Route[], readTimeout: Duration): Duration =>
  Duration.seconds(drainSeconds(routes, TAG_TTL_SECONDS, readTimeout.toSeconds()));

/** @returns the longest time that a function can be at a read; Lambda's default where there is none. */
export function longestRead(readers: readonly lambda.IFunction[]): Duration {
  const seconds = readers.map((reader) => timeoutOf(reader).toSeconds());
  return seconds.length > 0 ? Duration.seconds(Math.max(...seconds)) : DEFAULT_FUNCTION_TIMEOUT;
}

/**
 * Warns of a route that makes every purge wait for long, and says by what.
 *
 * @param scope construct that the warning is of.
 * @param reader function that answers the route.
 */
export function warnOfLongDrain(scope: IConstruct, route: Route, reader: lambda.IFunction): void {
  if (!route.freshness) return;
  const drain = drainOf([route], timeoutOf(reader));
  if (drain.toSeconds() <= LONG_DRAIN.toSeconds()) return;
  const { hotMemoryTtlSeconds } = route.freshness;
  const timeout = timeoutOf(reader).toSeconds();
  const [cause, fix] =
    timeout >= hotMemoryTtlSeconds
      ? [`function '${reader.node.id}', which answers it, may take ${timeout} s`, "lower the function's timeout"]
      : [`memory keeps its values for ${hotMemoryTtlSeconds} s`, 'lower its TTL in memory'];
  Annotations.of(scope).addWarningV2(
    `cachement:long-drain:${route.name}`,
    `route '${route.name}' has every purge wait ${drain.toSeconds()} s between the shared tier and the outer ones, since ${cause}; ${fix}`,
  );
}

function timeoutOf(reader: lambda.IFunction): Duration {
  const answering = reader instanceof lambda.QualifiedFunctionBase ? reader.lambda : reader;
  return answering instanceof lambda.Function ? (answering.timeout ?? DEFAULT_FUNCTION_TIMEOUT) : INTEGRATION_TIMEOUT;
}
