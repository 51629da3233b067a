import type { Stack } from 'aws-cdk-lib';
import { Annotations, Match, Template } from 'aws-cdk-lib/assertions';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import { SharedCache } from '../../../lib';
import { handlerIn, platformIn, product } from '../../support/caching-platform';

const stateVariables = {
  STATE_ENDPOINT: Match.anyValue(),
  STATE_SECRET_ARN: Match.anyValue(),
  STATE_NAMESPACE: Match.anyValue(),
};

/** A platform with a function that keeps state. */
function stateful(...given: Parameters<typeof platformIn>) {
  const { stack, platform } = platformIn(...given);
  const keeper = handlerIn(stack, 'Keeper', platform.network.vpc);
  platform.addClient(keeper, { concurrency: 1, state: true });
  const reader = handlerIn(stack, 'Reader', platform.network.vpc);
  platform.addClient(reader, { concurrency: 1 });
  platform.addRoute(product, { reader });
  return { stack, platform, template: Template.fromStack(stack) };
}

test('a tier of its own evicts nothing, takes snapshots, warns at 70 % of its memory, and only who keeps state reaches it', () => {
  const { stack, platform, template } = stateful(() => ({ ownState: true }));
  template.hasResourceProperties('AWS::ElastiCache::ParameterGroup', {
    Properties: Match.objectLike({ 'maxmemory-policy': 'noeviction' }),
  });
  template.hasResourceProperties('AWS::ElastiCache::ReplicationGroup', {
    ReplicationGroupDescription: "Shared tier 'shop-state'",
    SnapshotRetentionLimit: 1,
  });
  const alarms = Object.values(template.findResources('AWS::CloudWatch::Alarm', { Properties: { Threshold: 70 } }));
  expect(alarms).toHaveLength(platform.state!.nodes.length);
  template.hasResourceProperties('AWS::Lambda::Function', {
    Environment: { Variables: Match.objectLike({ ...stateVariables, STATE_NAMESPACE: 'shop-state', CACHE_NAMESPACE: 'shop' }) },
  });
  const functions = Object.entries(template.findResources('AWS::Lambda::Function'));
  const stateless = functions.filter(([, { Properties }]) => !Properties.Environment?.Variables?.STATE_ENDPOINT);
  expect(stateless).toHaveLength(functions.length - 1);
  Annotations.fromStack(stack).hasNoWarning('*', Match.stringLikeRegexp('state is kept'));
});

test('without one state is in the shared tier, and synthesis warns that this evicts', () => {
  const { stack, template } = stateful();
  template.resourceCountIs('AWS::ElastiCache::ReplicationGroup', 1);
  template.hasResourceProperties('AWS::Lambda::Function', {
    Environment: { Variables: Match.objectLike({ STATE_NAMESPACE: 'shop', CACHE_NAMESPACE: 'shop' }) },
  });
  Annotations.fromStack(stack).hasWarning('*', Match.stringLikeRegexp("evicts by 'allkeys-lru'.*ownState"));
});

test('two tiers for state are refused', () => {
  const withBoth = (stack: Stack) => ({
    ownState: true,
    state: SharedCache.fromSharedCacheAttributes(stack, 'Elsewhere', {
      namespace: 'state',
      endpointAddress: 'state.test',
      endpointPort: 6380,
      securityGroup: ec2.SecurityGroup.fromSecurityGroupId(stack, 'Nodes', 'sg-1'),
    }),
  });
  expect(() => platformIn(withBoth)).toThrow(/'ownState' must be left out where 'state' is given, got: 'shop\/Elsewhere'/);
});
