import type * as ec2 from 'aws-cdk-lib/aws-ec2';

/** @throws {RangeError} if there are too few zones for an engine to survive the loss of one. */
export function checkZones(what: string, vpc: ec2.IVpc, selection: ec2.SubnetSelection, least = 2): void {
  const { availabilityZones } = vpc.selectSubnets(selection);
  if (new Set(availabilityZones).size < least) {
    throw new RangeError(
      `${what}: 'network' must have isolated subnets in ${least} availability zones or more, got: ${JSON.stringify(availabilityZones)}; add a subnet in another zone`,
    );
  }
}
