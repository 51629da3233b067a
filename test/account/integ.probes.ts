import { IntegTest } from '@aws-cdk/integ-tests-alpha';
import { App, Lazy } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import { ProbeStack } from '../../bin/verify/probe-stack';
import { PROBES } from '../../bin/verify/probes';
import { addFunction, assertPoints, outputOf } from './account-case';

const OUTPUTS = [
  'EdgeUrl',
  'DistributionId',
  'GatewayUrl',
  'RestApiId',
  'StageName',
  'BusName',
  'QueueUrl',
  'DeadLetterQueueUrl',
] as const;

/** Points of `verify:aws` that this case asserts. */
export const points = PROBES.map(({ id }) => id);

export const app = new App();
const stack = new ProbeStack(app);
const outputs = Lazy.string({
  produce: () => stack.toJsonString(Object.fromEntries(OUTPUTS.map((name) => [name, outputOf(stack, name)]))),
});
const restApi = outputOf(stack, 'RestApiId');
const arn = (service: string, resource: string) => stack.formatArn({ service, resource, resourceName: '*' });
const asserts = addFunction(stack, 'probes', { environment: { OUTPUTS: outputs } }, [
  new iam.PolicyStatement({
    actions: ['cloudfront:CreateInvalidation', 'cloudfront:GetInvalidation'],
    resources: [
      stack.formatArn({
        service: 'cloudfront',
        region: '',
        resource: 'distribution',
        resourceName: outputOf(stack, 'DistributionId'),
      }),
    ],
  }),
  new iam.PolicyStatement({
    actions: ['apigateway:DELETE'],
    resources: [`arn:${stack.partition}:apigateway:${stack.region}::/restapis/${restApi}/*`],
  }),
  new iam.PolicyStatement({
    actions: ['execute-api:Invoke', 'execute-api:InvalidateCache'],
    resources: [arn('execute-api', restApi)],
  }),
  new iam.PolicyStatement({ actions: ['events:PutEvents'], resources: [arn('events', 'event-bus')] }),
  new iam.PolicyStatement({ actions: ['events:TestEventPattern'], resources: ['*'] }),
  new iam.PolicyStatement({
    actions: ['sqs:SendMessage', 'sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:ChangeMessageVisibility'],
    resources: [`arn:${stack.partition}:sqs:${stack.region}:${stack.account}:${stack.stackName}-*`],
  }),
]);
assertPoints(new IntegTest(app, 'Probes', { testCases: [stack] }), asserts, points);

app.synth();
