import type { IPlatformNetwork } from './platform-network';

/** @throws {RangeError} if there are too few zones for an engine to survive the loss of one. */
export function checkZones(what: string, { vpc, vpcSubnets }: IPlatformNetwork, least = 2): void {
  const { availabilityZones, isPendingLookup } = vpc.selectSubnets(vpcSubnets);
  // A VPC that is still to be looked up has two zones of the CDK's own.
  if (isPendingLookup || new Set(availabilityZones).size >= least) return;
  throw new RangeError(
    `${what}: 'network' must have subnets in ${least} availability zones or more, got: ${JSON.stringify(availabilityZones)}; add a subnet in another zone`,
  );
}
