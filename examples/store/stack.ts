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
import {
  cart,
  checkout,
  dashboard,
  login,
  logout,
  me,
  orders,
  product,
  productPage,
  productsOfCategory,
  reservations,
  search,
  searchPage,
  stock,
  trends,
} from './routes';

/** Every cache tier between the shop's viewers and its database, and the shop's five functions. */
export class StoreStack extends Stack {
  constructor(scope: Construct, id: string, props?: StackProps) {
    super(scope, id, props);
    const platform = new CachingPlatform(this, 'Caching', {
      namespace: 'store',
      schema: path.join(__dirname, 'schema'),
      // Sessions and holds are in no database: a tier that evicts one signs somebody out.
      ownState: true,
      // `cachement dev` sets this stage. Everywhere else a write must be signed.
      open: this.node.tryGetContext('stage') === 'local',
      // For a trial: data goes with the stack. Leave it out in production.
      removalPolicy: RemovalPolicy.DESTROY,
    });
    acknowledgeTrial(platform);

    const addFunction = (name: string, timeout = Duration.seconds(3)) => {
      const added = new NodejsFunction(this, name, {
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
        // With the SDK's clients in it, of which modules let the bundler leave out most: 210 KB zipped.
        bundling: { minify: true, bundleAwsSDK: true, mainFields: ['module', 'main'], externalModules: ['pg-native'] },
      });
      acknowledgeFunction(added);
      return added;
    };
    const reader = addFunction('Reader');
    const writer = addFunction('Writer');
    platform.addClient(reader, { concurrency: 20, poolSize: 2 });
    platform.addClient(writer, { concurrency: 5, role: DatabaseRole.WRITER });

    platform.addRoute(product, { reader, writer, writes: ['PUT'] });
    platform.addRoute(productsOfCategory, { reader });
    platform.addRoute(productPage, { reader });
    platform.addPlatformRoutes({ reader });

    const ordering = addFunction('Orders');
    platform.addClient(ordering, { concurrency: 5, role: DatabaseRole.WRITER, state: true });
    const refresher = addFunction('Refresher', Duration.seconds(30));
    platform.addClient(refresher, { concurrency: 2 });
    const every = events.Schedule.rate(Duration.minutes(5));
    acknowledgeSchedule(new ScheduledRefresh(this, 'Refresh', { handler: refresher, schedule: every }));
    for (const route of [search, searchPage, trends, dashboard]) platform.addRoute(route, { reader });
    platform.addRoute(stock, { reader: ordering });
    for (const route of [reservations, orders, cart, checkout]) platform.addRoute(route, { reader: ordering, writes: ['POST'] });

    const accounts = addFunction('Accounts');
    // A writer, because whoever signs in takes along the cart that was filled before.
    platform.addClient(accounts, { concurrency: 5, role: DatabaseRole.WRITER, state: true });
    platform.addRoute(me, { reader: accounts });
    for (const route of [login, logout]) platform.addRoute(route, { reader: accounts, writes: ['POST'] });
  }
}
