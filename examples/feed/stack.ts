import * as path from 'node:path';
import { Duration, RemovalPolicy, Stack, type StackProps } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as events from 'aws-cdk-lib/aws-events';
import * as targets from 'aws-cdk-lib/aws-events-targets';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { SqsEventSource } from 'aws-cdk-lib/aws-lambda-event-sources';
import { NodejsFunction } from 'aws-cdk-lib/aws-lambda-nodejs';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { CachingPlatform, DatabaseRole, ScheduledRefresh } from 'cachement';
import type { Construct } from 'constructs';
import { acknowledgeFunction, acknowledgeKicks, acknowledgeQueue, acknowledgeTrial } from './policies';
import { feed, feedPage, follow, post, posts, postsOfPerson } from './routes';

/** Every cache tier between readers and a database of posts, and three functions: reads, writes, and what follows a write. */
export class FeedStack extends Stack {
  constructor(scope: Construct, id: string, props?: StackProps) {
    super(scope, id, props);
    const platform = new CachingPlatform(this, 'Caching', {
      namespace: 'feed',
      schema: path.join(__dirname, 'schema'),
      // `cachement dev` sets this stage. Everywhere else a write must be signed.
      open: this.node.tryGetContext('stage') === 'local',
      // For a trial: data goes with the stack. Leave it out in production.
      removalPolicy: RemovalPolicy.DESTROY,
    });
    acknowledgeTrial(platform);

    const reader = this.#addFunction('Reader', platform);
    const writer = this.#addFunction('Writer', platform);
    platform.addClient(reader, { concurrency: 20, poolSize: 2 });
    platform.addClient(writer, { concurrency: 5, poolSize: 2, role: DatabaseRole.WRITER });
    platform.addRoute(post, { reader, writer, writes: ['PUT', 'DELETE'] });
    platform.addRoute(posts, { reader: writer, writes: ['POST'] });
    platform.addRoute(follow, { reader: writer, writes: ['PUT', 'DELETE'] });
    for (const route of [feed, feedPage, postsOfPerson]) platform.addRoute(route, { reader });
    platform.addPlatformRoutes({ reader });
    this.#addFanOut(platform, writer);
  }

  /** What is posted goes to feeds by a function that is woken by the writer, and looks by itself each minute. */
  #addFanOut(platform: CachingPlatform, writer: lambda.Function): void {
    const timeout = Duration.seconds(30);
    const fanOut = this.#addFunction('FanOut', platform, timeout);
    platform.addClient(fanOut, { concurrency: 2, poolSize: 2, role: DatabaseRole.WRITER });
    const { eventBus } = platform.bus;
    writer.addToRolePolicy(
      new iam.PolicyStatement({
        actions: ['events:PutEvents'],
        resources: [eventBus.eventBusArn],
        conditions: { StringEquals: { 'events:source': 'feed' } },
      }),
    );
    // Between bus and function, since it bounds how many run at once. What it loses is found within a minute.
    const kicks = new sqs.Queue(this, 'Kicks', {
      encryption: sqs.QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      visibilityTimeout: Duration.seconds(6 * timeout.toSeconds()),
      retentionPeriod: Duration.minutes(10),
    });
    const eventPattern = { source: ['feed'], detailType: ['FeedChanged'] };
    const rule = new events.Rule(this, 'Changed', { eventBus, eventPattern, targets: [new targets.SqsQueue(kicks)] });
    fanOut.addEventSource(new SqsEventSource(kicks, { maxConcurrency: 2 }));
    acknowledgeKicks(rule, kicks, fanOut);
    const schedule = events.Schedule.rate(Duration.minutes(1));
    acknowledgeQueue(new ScheduledRefresh(this, 'Sweep', { handler: fanOut, schedule }).deadLetters);
  }

  #addFunction(name: string, platform: CachingPlatform, timeout = Duration.seconds(5)): lambda.Function {
    const added = new NodejsFunction(this, name, {
      entry: path.join(__dirname, 'functions', `${name.toLowerCase()}.ts`),
      // copied: each template is an app of its own, whole.
      runtime: lambda.Runtime.NODEJS_24_X,
      architecture: lambda.Architecture.ARM_64,
      memorySize: 1024,
      timeout,
      vpc: platform.network.vpc,
      vpcSubnets: { subnetType: ec2.SubnetType.PRIVATE_ISOLATED },
      allowAllOutbound: false,
      logGroup: new logs.LogGroup(this, `${name}Log`, {
        retention: logs.RetentionDays.ONE_MONTH,
        encryptionKey: platform.key,
        removalPolicy: RemovalPolicy.DESTROY,
      }),
      bundling: { minify: true, bundleAwsSDK: true, mainFields: ['module', 'main'], externalModules: ['pg-native'] },
    });
    acknowledgeFunction(added);
    return added;
  }
}
