import type * as lambda from 'aws-cdk-lib/aws-lambda';
import { PlatformFunction } from './platform-function';

/**
 * @returns the number of execution environments that a function may have at once, by which its connection pools are counted.
 *
 * @throws {RangeError} if neither the caller nor a reserved concurrency names one.
 */
export function concurrencyOf(client: lambda.Function, given?: number): number {
  if (given !== undefined) {
    if (Number.isInteger(given) && given >= 1) return given;
    throw new RangeError(
      `client '${client.node.id}': 'concurrency' must be a whole number of at least 1, got: ${given}; set it to how many environments the function may have`,
    );
  }
  if (client instanceof PlatformFunction) return client.concurrency;
  const reserved = (client.node.defaultChild as lambda.CfnFunction).reservedConcurrentExecutions;
  if (typeof reserved === 'number') return reserved;
  throw new RangeError(
    `client '${client.node.id}': 'concurrency' must be given where the function reserves none, since the pools of all clients are counted against 'maxConnections', got: undefined; ` +
      "give it, or set 'reservedConcurrentExecutions' of the function",
  );
}

/**
 * @throws {RangeError} if a function is outside of any network, and so can't reach the tiers.
 */
export function checkInNetwork(client: lambda.Function): void {
  if (client.isBoundToVpc) return;
  throw new RangeError(
    `client '${client.node.id}': 'vpc' must be that of the tiers, which nothing outside of their network reaches, got: undefined; ` +
      "give the function the network's 'vpc' and its isolated subnets",
  );
}
