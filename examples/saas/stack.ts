import * as path from 'node:path';
import { Duration, RemovalPolicy, Stack, type StackProps } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as events from 'aws-cdk-lib/aws-events';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { NodejsFunction } from 'aws-cdk-lib/aws-lambda-nodejs';
import * as logs from 'aws-cdk-lib/aws-logs';
import { CachingPlatform, DatabaseRole, ScheduledRefresh } from 'cachement';
import type { Construct } from 'constructs';
import { acknowledgeFunction, acknowledgeSchedule, acknowledgeTrial } from './policies';
import { bill, configuration, exported, limited, plan, rates, resource, tenantPage, usage } from './routes';

/** Every tier between tenants and the database, one for their counters, and four functions. */
export class SaasStack extends Stack {
  readonly #platform: CachingPlatform;

  constructor(scope: Construct, id: string, props?: StackProps) {
    super(scope, id, props);
    const platform = new CachingPlatform(this, 'Caching', {
      namespace: 'saas',
      schema: path.join(__dirname, 'schema'),
      // Counters of limits and bills: a tier that evicts one forgets a limit, or loses money.
      ownState: true,
      // `cachement dev` sets this stage. Everywhere else a write of the operator's must be signed.
      open: this.node.tryGetContext('stage') === 'local',
      // For a trial: data goes with the stack. Leave it out in production.
      removalPolicy: RemovalPolicy.DESTROY,
    });
    this.#platform = platform;
    acknowledgeTrial(platform);

    const reader = this.#addFunction('Reader');
    const writer = this.#addFunction('Writer');
    const metering = this.#addFunction('Metering', { timeout: Duration.seconds(30) });
    platform.addClient(reader, { concurrency: 20, poolSize: 2, state: true });
    platform.addClient(writer, { concurrency: 5, role: DatabaseRole.WRITER });
    platform.addClient(metering, { concurrency: 2, role: DatabaseRole.WRITER, state: true });
    this.#letCall(reader, this.#addFunction('Upstream', { isOutside: true }));

    const every = events.Schedule.rate(Duration.minutes(5));
    acknowledgeSchedule(new ScheduledRefresh(this, 'Billing', { handler: metering, schedule: every }));

    platform.addRoute(plan, { reader, writer, writes: ['PUT'] });
    platform.addPlatformRoutes({ reader });
    for (const route of [resource, rates, usage, bill, limited]) platform.addRoute(route, { reader });
    platform.addRoute(configuration, { reader, writer, writes: ['PUT'], restricted: true });
    platform.addRoute(tenantPage, { reader, restricted: true });
    platform.addRoute(exported, { reader: writer, writes: ['POST'] });
  }

  /** Isolated subnets reach nobody: what calls somebody else's API is outside, where it reaches the internet and no tier. */
  #addFunction(name: string, { timeout = Duration.seconds(3), isOutside = false } = {}): NodejsFunction {
    const { key, network } = this.#platform;
    const added = new NodejsFunction(this, name, {
      entry: path.join(__dirname, 'functions', `${name.toLowerCase()}.ts`),
      runtime: lambda.Runtime.NODEJS_24_X,
      architecture: lambda.Architecture.ARM_64,
      memorySize: 1024,
      timeout,
      ...(!isOutside && {
        vpc: network.vpc,
        vpcSubnets: { subnetType: ec2.SubnetType.PRIVATE_ISOLATED },
        allowAllOutbound: false,
      }),
      logGroup: new logs.LogGroup(this, `${name}Log`, {
        retention: logs.RetentionDays.ONE_MONTH,
        encryptionKey: key,
        removalPolicy: RemovalPolicy.DESTROY,
      }),
      bundling: { minify: true, bundleAwsSDK: true, mainFields: ['module', 'main'], externalModules: ['pg-native'] },
    });
    acknowledgeFunction(added);
    return added;
  }

  /** By an endpoint of Lambda, which costs half of a NAT gateway. */
  #letCall(caller: lambda.Function, upstream: lambda.Function): void {
    const { vpc, vpcSubnets } = this.#platform.network;
    const invoke = { actions: ['lambda:InvokeFunction'], resources: [upstream.functionArn] };
    const endpoint = vpc.addInterfaceEndpoint('Lambda', {
      service: ec2.InterfaceVpcEndpointAwsService.LAMBDA,
      subnets: vpcSubnets,
      open: false,
    });
    endpoint.addToPolicy(new iam.PolicyStatement({ ...invoke, principals: [new iam.AnyPrincipal()] }));
    caller.connections.allowTo(endpoint, ec2.Port.HTTPS, 'to Lambda');
    caller.addToRolePolicy(new iam.PolicyStatement(invoke));
    caller.addEnvironment('UPSTREAM_FUNCTION', upstream.functionName);
  }
}
