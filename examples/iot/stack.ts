import * as path from 'node:path';
import { Duration, RemovalPolicy, Stack, type StackProps } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as events from 'aws-cdk-lib/aws-events';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { NodejsFunction } from 'aws-cdk-lib/aws-lambda-nodejs';
import * as logs from 'aws-cdk-lib/aws-logs';
import { CachingPlatform, DatabaseRole, ScheduledRefresh } from 'cachement';
import type { Construct } from 'constructs';
import { acknowledgeFunction, acknowledgeSchedule, acknowledgeTrial } from './policies';
import { consumption, dashboard, device, history, leaderboard, nearby, readings, series } from './routes';

/** Every tier between devices, those who look at them, and the database; and three functions. */
export class IotStack extends Stack {
  constructor(scope: Construct, id: string, props?: StackProps) {
    super(scope, id, props);
    const platform = new CachingPlatform(this, 'Caching', {
      namespace: 'iot',
      schema: path.join(__dirname, 'schema'),
      // Measurements of the last hours are nowhere else: a tier that evicts them loses them.
      ownState: true,
      // `cachement dev` sets this stage. Everywhere else a write must be signed.
      open: this.node.tryGetContext('stage') === 'local',
      // For a trial: data goes with the stack. Leave it out in production.
      removalPolicy: RemovalPolicy.DESTROY,
    });
    acknowledgeTrial(platform);

    const addFunction = (name: string, timeout = Duration.seconds(3)) => {
      const added = new NodejsFunction(this, name, {
        // copied: each template is an app of its own, whole.
        entry: path.join(__dirname, 'functions', `${name.toLowerCase()}.ts`),
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
    };
    const ingest = addFunction('Ingest');
    const reader = addFunction('Reader');
    const hours = addFunction('History', Duration.minutes(1));
    platform.addClient(ingest, { concurrency: 20, role: DatabaseRole.WRITER, state: true });
    platform.addClient(reader, { concurrency: 20, poolSize: 2, state: true });
    platform.addClient(hours, { concurrency: 2, role: DatabaseRole.WRITER, state: true });
    const every = events.Schedule.rate(Duration.minutes(5));
    acknowledgeSchedule(new ScheduledRefresh(this, 'Hours', { handler: hours, schedule: every }));

    platform.addRoute(device, { reader, writer: ingest, writes: ['PUT'] });
    platform.addRoute(history, { reader });
    platform.addPlatformRoutes({ reader });
    platform.addRoute(readings, { reader: ingest, writes: ['POST'] });
    for (const route of [series, nearby, leaderboard, consumption, dashboard]) platform.addRoute(route, { reader });
  }
}
