import { Aws, CfnResource, Fn, RemovalPolicy } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';

/**
 * Removal policy of whatever is kept. Unlike `RETAIN` it doesn't keep what a stack made in the same operation that failed: that
 * would be paid for, hold the names that the second try needs, and hold no data yet.
 *
 * @see https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-attribute-deletionpolicy.html
 */
export const KEPT = RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE;

/** True if a removal policy leaves a resource behind when its stack is deleted. */
export const isKept = (policy: RemovalPolicy): boolean => policy === KEPT || policy === RemovalPolicy.RETAIN;

/**
 * Removal policy of a resource that has no snapshots, beside one whose policy it follows: it is kept where the other leaves one.
 */
export const withoutSnapshot = (policy: RemovalPolicy): RemovalPolicy => (policy === RemovalPolicy.SNAPSHOT ? KEPT : policy);

/**
 * Eight characters that differ each time a stack is made, for the names of resources which outlive it and whose names AWS doesn't
 * generate: the stack that is made next finds them still taken otherwise.
 */
export const stackSuffix = (): string => Fn.select(0, Fn.split('-', Fn.select(2, Fn.split('/', Aws.STACK_ID))));

/**
 * Types that can't be deleted while a database, or a cache, which is kept uses them; and the role that a kept database reports
 * by.
 */
const USED_BY_DATA = [
  'AWS::EC2::SecurityGroup',
  'AWS::ElastiCache::ParameterGroup',
  'AWS::ElastiCache::SubnetGroup',
  'AWS::ElastiCache::User',
  'AWS::ElastiCache::UserGroup',
  'AWS::IAM::Role',
  'AWS::RDS::DBClusterParameterGroup',
  'AWS::RDS::DBParameterGroup',
  'AWS::RDS::DBSubnetGroup',
];

/**
 * Keeps the groups, users and roles of a tier whose data is kept: the deletion of its stack fails at the first of them otherwise.
 */
export function keepWhatDataUses(tier: IConstruct, policy: RemovalPolicy): void {
  if (!isKept(policy)) return;
  for (const resource of tier.node.findAll()) {
    if (resource instanceof CfnResource && USED_BY_DATA.includes(resource.cfnResourceType)) resource.applyRemovalPolicy(KEPT);
  }
}
