import * as fs from 'node:fs';
import * as path from 'node:path';
import {
  App,
  aws_apigateway as apigateway,
  CfnOutput,
  aws_cloudfront as cloudfront,
  Duration,
  aws_ec2 as ec2,
  aws_events as events,
  aws_lambda as lambda,
  aws_cloudfront_origins as origins,
  Stack,
  aws_sqs as sqs,
  aws_events_targets as targets,
} from 'aws-cdk-lib';
import { SqsEventSource } from 'aws-cdk-lib/aws-lambda-event-sources';
import { buildSync } from 'esbuild';

const project = path.resolve(__dirname, '../..');

/** Answers with how often it was called, so that a cached answer shows. */
const API = `
  let calls = 0;
  exports.handler = async () => ({ statusCode: 200, headers: { 'cache-control': 'max-age=60' }, body: String(++calls) });
`;

/** Publishes what it is given, and answers with the error's name where it may not. */
const PUBLISHER = `
  const { EventBridgeClient, PutEventsCommand } = require('@aws-sdk/client-eventbridge');
  const client = new EventBridgeClient({ maxAttempts: 1 });
  exports.handler = async ({ types }) => {
    const Entries = types.map((DetailType) => ({ Source: 'test', DetailType, Detail: '{}', EventBusName: process.env.BUS }));
    try {
      return { failed: (await client.send(new PutEventsCommand({ Entries }))).FailedEntryCount };
    } catch (error) {
      return { error: error.name };
    }
  };
`;

/** Tells the test what arrived in one batch. */
const CONSUMER = `
  exports.handler = async ({ Records }) => {
    const types = Records.map(({ body }) => JSON.parse(body)['detail-type']);
    await fetch(process.env.RECORDER, { method: 'POST', body: JSON.stringify(types) });
  };
`;

/**
 * Synthesizes a small app that uses each product but the engines, so that it starts within a second: a function in a VPC
 * publishes to a bus, a rule sends that to a queue, a function takes it from there in batches; and an edge before a gateway
 * before a function.
 * @param recorder - URL that gets every batch
 */
export function synthesizeSmallApp(folder: string, recorder: string): string {
  const app = new App({ outdir: path.join(folder, 'cdk.out'), builtinCloudFormationValidation: false });
  const stack = new Stack(app, 'Small');
  const fn = (id: string, source: string, props: Partial<lambda.FunctionProps> = {}) =>
    new lambda.Function(stack, id, {
      runtime: lambda.Runtime.NODEJS_20_X,
      handler: 'index.handler',
      code: lambda.Code.fromAsset(bundled(path.join(folder, id), source)),
      timeout: Duration.seconds(10),
      ...props,
    });

  const vpc = new ec2.Vpc(stack, 'Vpc', {
    natGateways: 0,
    restrictDefaultSecurityGroup: false,
    subnetConfiguration: [{ name: 'isolated', subnetType: ec2.SubnetType.PRIVATE_ISOLATED }],
  });
  vpc.addInterfaceEndpoint('EventsEndpoint', { service: ec2.InterfaceVpcEndpointAwsService.EVENTBRIDGE });
  const bus = new events.EventBus(stack, 'Bus');
  const publisher = fn('Publisher', PUBLISHER, {
    vpc,
    vpcSubnets: { subnetType: ec2.SubnetType.PRIVATE_ISOLATED },
    environment: { BUS: bus.eventBusName },
  });
  bus.grantPutEventsTo(publisher);

  const queue = new sqs.Queue(stack, 'Queue', { visibilityTimeout: Duration.seconds(60) });
  new events.Rule(stack, 'Rule', {
    eventBus: bus,
    eventPattern: { source: ['test'], detailType: ['Wanted'] },
    targets: [new targets.SqsQueue(queue)],
  });
  const consumer = fn('Consumer', CONSUMER, { environment: { RECORDER: recorder } });
  consumer.addEventSource(new SqsEventSource(queue, { batchSize: 10, maxBatchingWindow: Duration.seconds(1) }));

  const api = new apigateway.LambdaRestApi(stack, 'Api', { handler: fn('Answer', API), cloudWatchRole: false });
  const edge = new cloudfront.Distribution(stack, 'Edge', {
    defaultBehavior: {
      origin: new origins.RestApiOrigin(api),
      cachePolicy: new cloudfront.CachePolicy(stack, 'Key', {
        queryStringBehavior: cloudfront.CacheQueryStringBehavior.allowList('page'),
        minTtl: Duration.seconds(0),
      }),
    },
  });
  new CfnOutput(stack, 'TryIt', { description: 'try: ask for it', value: `curl https://${edge.distributionDomainName}/` });
  return app.synth().directory;
}

/** A folder with the bundled source; functions have nothing else to resolve packages from. */
function bundled(folder: string, source: string): string {
  fs.mkdirSync(folder, { recursive: true });
  buildSync({
    stdin: { contents: source, resolveDir: project },
    outfile: path.join(folder, 'index.js'),
    bundle: true,
    platform: 'node',
    target: 'node20',
    logLevel: 'warning',
  });
  return folder;
}
