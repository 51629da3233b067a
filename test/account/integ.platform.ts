import { ExpectedResult, IntegTest } from '@aws-cdk/integ-tests-alpha';
import { App, RemovalPolicy, Stack } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { CachingPlatform, defineRoute, EventSource } from '../../lib';
import { addFunction, assertPoints } from './account-case';

/** Points of `verify:aws` that this case asserts. */
export const points = [
  "Does RDS take a role's password as a SCRAM verifier?",
  'May any role call `pg_control_checkpoint()` on RDS?',
];

const product = defineRoute({
  name: 'product',
  path: '/products/{id}',
  freshness: { sharedTtlSeconds: 3600, gatewayTtlSeconds: 60, edgeTtlSeconds: 600 },
  tags: ['product:{id}'],
});

export const app = new App();
// Where the platform makes the rules of its edge itself.
const env = { region: 'us-east-1' };
const stack = new Stack(app, 'cachement-integ-platform', { env });
const platform = new CachingPlatform(stack, 'Caching', { namespace: 'integ-platform', removalPolicy: RemovalPolicy.DESTROY });
const { vpc } = platform.network;
const inside = { vpc, vpcSubnets: { subnetType: ec2.SubnetType.PRIVATE_ISOLATED } };
const reader = new lambda.Function(stack, 'Reader', {
  ...inside,
  runtime: lambda.Runtime.NODEJS_24_X,
  handler: 'index.handler',
  code: lambda.Code.fromInline(
    "exports.handler = async () => ({ statusCode: 200, headers: { 'Cache-Control': 's-maxage=60', 'x-amz-meta-cache-tag': 'product:1' }, body: '{\"id\":1}' })",
  ),
});
platform.addClient(reader, { concurrency: 5 });
platform.addRoute(product, { reader });
platform.addPurgeSource('Imports', new EventSource({ eventPattern: { source: ['shop.import'] }, tags: ['product:{detail.id}'] }));
const asserts = addFunction(stack, 'database', inside);
platform.addClient(asserts, { concurrency: 2 });

const assertionStack = new Stack(app, 'cachement-integ-platform-asserts', { env });
const test = new IntegTest(app, 'Platform', { testCases: [stack], assertionStack, regions: [env.region] });
assertPoints(test, asserts, points);
const address = `https://${platform.edge.distribution.distributionDomainName}/products/1`;
test.assertions.httpApiCall(address).expect(ExpectedResult.objectLike({ status: 200, body: { id: 1 } }));

app.synth();
