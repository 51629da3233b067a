import * as ec2 from 'aws-cdk-lib/aws-ec2';
import type { Construct } from 'constructs';
import { referStrongly } from '../references';

/** Adds the security group that admits clients, to a construct directly, so that it keeps its logical id. */
export function addSharedConnections(scope: Construct, vpc: ec2.IVpc, port: number): ec2.Connections {
  const securityGroup = new ec2.SecurityGroup(scope, 'SecurityGroup', {
    vpc,
    description: 'Shared tier',
    allowAllOutbound: false,
  });
  referStrongly(securityGroup);
  return new ec2.Connections({ securityGroups: [securityGroup], defaultPort: ec2.Port.tcp(port) });
}

export const securityGroupIdsOf = ({ securityGroups }: ec2.Connections): string[] =>
  securityGroups.map(({ securityGroupId }) => securityGroupId);
