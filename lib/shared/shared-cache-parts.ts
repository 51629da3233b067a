import { CrossStackReferences, ReferenceStrength } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import type { Construct, IConstruct } from 'constructs';

/** Adds the security group that admits clients, to a construct directly, so that it keeps its logical id. */
export function addSharedConnections(scope: Construct, vpc: ec2.IVpc, port: number): ec2.Connections {
  const securityGroup = new ec2.SecurityGroup(scope, 'SecurityGroup', {
    vpc,
    description: 'Shared tier',
    allowAllOutbound: false,
  });
  return new ec2.Connections({ securityGroups: [securityGroup], defaultPort: ec2.Port.tcp(port) });
}

export const securityGroupIdsOf = ({ securityGroups }: ec2.Connections): string[] =>
  securityGroups.map(({ securityGroupId }) => securityGroupId);

/**
 * Makes references to stateful resources strong exports, so that CloudFormation refuses to replace a resource that another stack
 * uses.
 */
export function referStrongly(...stateful: readonly (IConstruct | undefined)[]): void {
  for (const construct of stateful) {
    if (construct) CrossStackReferences.of(construct).produce(ReferenceStrength.STRONG);
  }
}
