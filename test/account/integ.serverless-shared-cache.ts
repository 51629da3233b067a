import { ExpectedResult, IntegTest } from '@aws-cdk/integ-tests-alpha';
import { App, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { PlatformNetwork } from '../../lib/network/platform-network';
import { ServerlessSharedCache } from '../../lib/shared/serverless-shared-cache';

/** Points of `verify:aws` that this case asserts. */
export const points: string[] = [];

export const app = new App();
const stack = new Stack(app, 'cachement-integ-serverless');
const network = new PlatformNetwork(stack, 'Network', { removalPolicy: RemovalPolicy.DESTROY });
const shared = new ServerlessSharedCache(stack, 'Shared', {
  network,
  namespace: 'integ-serverless',
  removalPolicy: RemovalPolicy.DESTROY,
});

new IntegTest(app, 'Serverless', { testCases: [stack] }).assertions
  .awsApiCall('ElastiCache', 'describeServerlessCaches', { ServerlessCacheName: shared.serverlessCache.ref })
  .expect(ExpectedResult.objectLike({ ServerlessCaches: [{ Status: 'available', Engine: 'valkey' }] }));

app.synth();
