import { App, Stack } from 'aws-cdk-lib';
import * as cloudfront from 'aws-cdk-lib/aws-cloudfront';
import { HttpOrigin } from 'aws-cdk-lib/aws-cloudfront-origins';
import * as elasticache from 'aws-cdk-lib/aws-elasticache';
import * as rds from 'aws-cdk-lib/aws-rds';
import { ServerlessSharedCache } from '../../../lib/shared/serverless-shared-cache';
import { CachementChecks } from '../../policies/cachement-checks';

import { type Acknowledgement, review } from '../../policies/review';
import { newNetwork } from './support';

const stackOf = () => new Stack(new App({ builtinCloudFormationValidation: false }), 'test');
const rulesBrokenBy = (stack: Stack) =>
  new CachementChecks()
    .validateScope(stack)
    .violations.map(({ ruleName }) => ruleName.replace('Cachement-', ''))
    .sort();

test('fails when a serverless cache has neither users nor limits', () => {
  const stack = stackOf();
  new elasticache.CfnServerlessCache(stack, 'Cache', { engine: 'valkey', serverlessCacheName: 'open' });
  expect(rulesBrokenBy(stack)).toEqual(['ServerlessCacheInGroups']);
});

test('our own serverless cache passes', () => {
  const { stack, network } = newNetwork();
  new ServerlessSharedCache(stack, 'Shared', { network, namespace: 'shop' });
  expect(rulesBrokenBy(stack)).toEqual([]);
});

test('fails when the default user may log in, or a user may look at all keys', () => {
  const stack = stackOf();
  const user = { engine: 'valkey', userId: 'a', accessString: 'on ~* +@all', authenticationMode: { Type: 'iam' } };
  new elasticache.CfnUser(stack, 'Open', { ...user, userName: 'default' });
  expect(rulesBrokenBy(stack)).toEqual(['DefaultUserDisabled', 'UserIdIsName', 'UserNotDangerous']);
});

test('fails when a proxy lets clients in without TLS', () => {
  const stack = stackOf();
  new rds.CfnDBProxy(stack, 'Proxy', {
    dbProxyName: 'proxy',
    engineFamily: 'POSTGRESQL',
    roleArn: 'arn:aws:iam::111111111111:role/proxy',
    vpcSubnetIds: ['a', 'b'],
  });
  expect(rulesBrokenBy(stack)).toEqual(['ProxyTls']);
});

test('fails when a distribution can not be purged by tag, and keeps errors', () => {
  const stack = stackOf();
  new cloudfront.Distribution(stack, 'Edge', { defaultBehavior: { origin: new HttpOrigin('example.com') } });
  expect(rulesBrokenBy(stack)).toEqual(['CacheTags', 'ErrorsNotCached']);
});

describe('a review', () => {
  const because = 'is watched by an alarm, and readable by one role only';
  const acknowledged = (change: Partial<Acknowledgement> = {}): Acknowledgement => ({
    rules: ['Pack-Rule'],
    resources: { 'stack/Resource': 'a thing' },
    because,
    ...change,
  });
  const found = new Map([['prod', [{ rule: 'Pack-Rule', resource: 'stack/Resource', description: 'It is open.' }]]]);

  test('passes what is found and acknowledged', () => {
    expect(review(found, [acknowledged()])).toEqual([]);
  });

  test('fails when a finding is not acknowledged', () => {
    expect(review(found, [])).toEqual([expect.stringMatching(/^prod: Pack-Rule @ stack\/Resource: It is open\. Mend it, or /)]);
  });

  test('fails when an acknowledgement is not needed any more', () => {
    expect(review(new Map([['prod', []]]), [acknowledged()])).toEqual([
      'prod: Pack-Rule @ stack/Resource: acknowledged, and not found any more; remove it',
    ]);
  });

  test.each([['*'], ['Pack-*'], ['Pack-Rule[*'], ['Pack-IAM5[Action::s3:*']])('fails when a rule is the wildcard %s', (rule) => {
    expect(review(found, [acknowledged(), acknowledged({ rules: [rule] })])).toContain(
      `'${rule}' must name one finding, not a wildcard`,
    );
  });

  test('takes a finding that is about a wildcard by its name', () => {
    const star = 'Pack-IAM5[Resource::*]';
    const finding = new Map([['prod', [{ rule: star, resource: 'stack/Resource', description: 'It is open.' }]]]);
    expect(review(finding, [acknowledged({ rules: [star] })])).toEqual([]);
  });

  test('fails when a reason says too little', () => {
    expect(review(found, [acknowledged({ because: 'is fine' })])).toEqual([expect.stringContaining("got: 'is fine'")]);
  });
});
