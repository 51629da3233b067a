import * as path from 'node:path';
import { type App, CfnOutput, Duration, RemovalPolicy, Stack, type StackProps } from 'aws-cdk-lib';
import * as apigateway from 'aws-cdk-lib/aws-apigateway';
import * as cloudfront from 'aws-cdk-lib/aws-cloudfront';
import { RestApiOrigin } from 'aws-cdk-lib/aws-cloudfront-origins';
import * as events from 'aws-cdk-lib/aws-events';
import * as targets from 'aws-cdk-lib/aws-events-targets';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { CacheTags } from '../../lib/edge/cache-tags';

/** Name of the stack; nothing else belongs to it. */
export const PROBE_STACK = 'cachement-verify';

export const STAGE_NAME = 'probe';

/** TTL of the stage cache: long enough for a probe, short enough that its entries expire soon after. */
const GATEWAY_TTL = Duration.seconds(60);

/** Source of the events that rules of this stack take. */
export const PROBE_SOURCE = 'cachement.verify';

/**
 * Stack that the probes use: a scripted origin, an API whose stage caches a part of it, a distribution in front, a bus and two
 * queues. It holds no data, and retains nothing when it is destroyed.
 */
export class ProbeStack extends Stack {
  constructor(app: App, props: StackProps = {}) {
    super(app, PROBE_STACK, { ...props, description: 'Probes of what AWS does where its documentation is silent' });
    const origin = this.#addFunction('Origin');
    const api = this.#addApi(origin, this.#addFunction('Throttled', 0));
    const distribution = this.#addDistribution(api);
    const bus = new events.EventBus(this, 'Bus');
    const deadLetters = new sqs.Queue(this, 'DeadLetters', { enforceSSL: true, removalPolicy: RemovalPolicy.DESTROY });
    const queue = new sqs.Queue(this, 'Queue', {
      enforceSSL: true,
      visibilityTimeout: Duration.seconds(30),
      removalPolicy: RemovalPolicy.DESTROY,
      deadLetterQueue: { queue: deadLetters, maxReceiveCount: 2 },
    });
    this.#addRules(bus, queue);

    const outputs = {
      EdgeUrl: `https://${distribution.distributionDomainName}`,
      DistributionId: distribution.distributionId,
      GatewayUrl: api.url,
      RestApiId: api.restApiId,
      StageName: STAGE_NAME,
      BusName: bus.eventBusName,
      QueueUrl: queue.queueUrl,
      DeadLetterQueueUrl: deadLetters.queueUrl,
    };
    for (const [name, value] of Object.entries(outputs)) new CfnOutput(this, name, { value });
  }

  #addFunction(id: string, concurrency?: number): lambda.Function {
    return new lambda.Function(this, id, {
      code: lambda.Code.fromAsset(path.join(__dirname, 'origin')),
      handler: 'index.handler',
      runtime: lambda.Runtime.NODEJS_24_X,
      memorySize: 256,
      timeout: Duration.seconds(25),
      reservedConcurrentExecutions: concurrency,
      logGroup: new logs.LogGroup(this, `${id}Log`, {
        retention: logs.RetentionDays.ONE_DAY,
        removalPolicy: RemovalPolicy.DESTROY,
      }),
    });
  }

  #addApi(origin: lambda.Function, throttled: lambda.Function): apigateway.RestApi {
    const api = new apigateway.RestApi(this, 'Api', {
      cloudWatchRole: false,
      deployOptions: {
        stageName: STAGE_NAME,
        cacheClusterEnabled: true,
        cacheClusterSize: '0.5',
        methodOptions: {
          '/cached/{proxy+}/GET': { cachingEnabled: true, cacheTtl: GATEWAY_TTL },
          '/plain/{proxy+}/ANY': { cachingEnabled: false },
          '/throttled/GET': { cachingEnabled: false },
        },
      },
    });
    const key = { 'method.request.path.proxy': true, 'method.request.querystring.script': false };
    const below = (name: string) => api.root.addResource(name).addResource('{proxy+}');
    below('cached').addMethod('GET', new apigateway.LambdaIntegration(origin, { cacheKeyParameters: Object.keys(key) }), {
      requestParameters: key,
    });
    below('plain').addMethod('ANY', new apigateway.LambdaIntegration(origin));
    api.root.addResource('throttled').addMethod('GET', new apigateway.LambdaIntegration(throttled));
    return api;
  }

  #addDistribution(api: apigateway.RestApi): cloudfront.Distribution {
    const distribution = new cloudfront.Distribution(this, 'Edge', {
      comment: 'Probes',
      defaultBehavior: {
        origin: new RestApiOrigin(api),
        allowedMethods: cloudfront.AllowedMethods.ALLOW_ALL,
        cachePolicy: new cloudfront.CachePolicy(this, 'Key', {
          minTtl: Duration.seconds(0),
          defaultTtl: Duration.seconds(0),
          maxTtl: Duration.hours(1),
          queryStringBehavior: cloudfront.CacheQueryStringBehavior.all(),
          enableAcceptEncodingGzip: true,
        }),
      },
    });
    distribution.with(new CacheTags());
    return distribution;
  }

  /** Adds rules whose inputs name a field that an event doesn't have. */
  #addRules(bus: events.EventBus, queue: sqs.Queue): void {
    const rule = (id: string, message: events.RuleTargetInput) =>
      new events.Rule(this, id, {
        eventBus: bus,
        eventPattern: { source: [PROBE_SOURCE], detailType: [id] },
        targets: [new targets.SqsQueue(queue, { message })],
      });
    rule('MissingInputPath', events.RuleTargetInput.fromEventPath('$.detail.absent'));
    rule(
      'MissingInTransformer',
      events.RuleTargetInput.fromText(
        `id=${events.EventField.fromPath('$.detail.id')} absent=[${events.EventField.fromPath('$.detail.absent')}]`,
      ),
    );
  }
}
