import * as fs from 'node:fs';
import { App, RemovalPolicy, Size, Stack, type StackProps } from 'aws-cdk-lib';
import * as apigateway from 'aws-cdk-lib/aws-apigateway';
import * as cloudfront from 'aws-cdk-lib/aws-cloudfront';
import { HttpOrigin } from 'aws-cdk-lib/aws-cloudfront-origins';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as s3 from 'aws-cdk-lib/aws-s3';
import type { Construct } from 'constructs';
import cdkJson from '../../cdk.json';
import {
  CachedApi,
  CacheEngine,
  CachingPlatform,
  type CachingPlatformProps,
  DatabaseRole,
  EdgeDistribution,
  MultiAzDatabaseCluster,
  PlatformNetwork,
  ReplicatedDatabase,
  SchemaMigration,
  SharedCache,
} from '../../lib';
import { defineRoute } from '../../lib/route';
import { readAssembly, type StackArtifact } from './assembly';

/** Stacks of an app, as the CLI would deploy them. */
export function stacksOf(addTo: (app: App) => void): StackArtifact[] {
  const app = new App({ context: cdkJson.context, analyticsReporting: false, builtinCloudFormationValidation: false });
  addTo(app);
  const { directory } = app.synth();
  const stacks = readAssembly(directory);
  fs.rmSync(directory, { recursive: true });
  return stacks;
}

/** A platform with one function and one route, as the page on the constructs has it. */
export function addPlatform(scope: Construct, id: string, props: CachingPlatformProps): CachingPlatform {
  const platform = new CachingPlatform(scope, id, props);
  const handler = handlerIn(scope, `${id}Handler`, platform.network.vpc);
  platform.addClient(handler, { concurrency: 50, role: DatabaseRole.WRITER });
  platform.addRoute(PRODUCT, { reader: handler, writes: ['PUT'] });
  return platform;
}

const PRODUCT = defineRoute({
  name: 'product',
  path: '/products/{id}',
  freshness: { sharedTtlSeconds: 3600, gatewayTtlSeconds: 60, edgeTtlSeconds: 600 },
  tags: ['product:{id}'],
});

const handlerIn = (scope: Construct, id: string, vpc?: ec2.IVpc): lambda.Function =>
  new lambda.Function(scope, id, {
    runtime: lambda.Runtime.NODEJS_24_X,
    handler: 'index.handler',
    code: lambda.Code.fromInline('exports.handler = async () => ({ statusCode: 200 })'),
    ...(vpc && { vpc, vpcSubnets: { subnetType: ec2.SubnetType.PRIVATE_ISOLATED }, allowAllOutbound: false }),
  });

const COSTS = { monthlyBudget: 1000 };

const inStack = (app: App, id: string, namespace: string, props: StackProps = {}): void => {
  addPlatform(new Stack(app, id, props), 'Caching', { namespace, ...COSTS });
};

/** Every part with what it may have of one's own, in a region that an account opts into. */
function addEverything(app: App): void {
  const stack = new Stack(app, 'shop', { env: { account: '111111111111', region: 'eu-south-1' } });
  const logs = new Stack(app, 'logs', { env: { account: '111111111111', region: 'eu-central-1' } });
  const network = new PlatformNetwork(stack, 'Network', {
    availabilityZones: ['eu-south-1a', 'eu-south-1b', 'eu-south-1c'],
    ipAddresses: ec2.IpAddresses.cidr('10.40.0.0/16'),
  });
  const encryptionKey = new kms.Key(stack, 'Key', { removalPolicy: RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE });
  const removalPolicy = RemovalPolicy.SNAPSHOT;
  const windows = { backupWindow: '01:00-02:00', maintenanceWindow: 'sun:03:00-sun:04:00', removalPolicy };
  const maxAllocatedStorage = Size.gibibytes(100);
  const database = new ReplicatedDatabase(stack, 'Database', { network, encryptionKey, maxAllocatedStorage, ...windows });
  new SchemaMigration(stack, 'Migration', { network, database });
  new ReplicatedDatabase(stack, 'Restored', { network, snapshotIdentifier: 'shop-2026', ...windows });
  new MultiAzDatabaseCluster(stack, 'Cluster', { network, encryptionKey, ...windows });
  const shared = new SharedCache(stack, 'Shared', { network, namespace: 'shop', snapshotName: 'shop-2026', removalPolicy });
  new SharedCache(stack, 'Redis', { network, namespace: 'shop', engine: CacheEngine.REDIS_7_1 });
  const api = new CachedApi(stack, 'Api', { cors: { origin: 'https://shop.example.com' } });
  const edge = new EdgeDistribution(stack, 'Edge', {
    api,
    priceClass: cloudfront.PriceClass.PRICE_CLASS_100,
    geoRestriction: cloudfront.GeoRestriction.denylist('AQ'),
    customHeaders: { 'X-Edge': 'shop' },
    accessLogBucket: new s3.Bucket(logs, 'Logs', {
      bucketName: 'shop-edge-logs',
      objectOwnership: s3.ObjectOwnership.BUCKET_OWNER_PREFERRED,
    }),
  });
  edge.addBehavior('/images/*', new HttpOrigin('images.example.com'));
  const platform = new CachingPlatform(stack, 'Caching', { namespace: 'shop', network, database, shared, api, edge });
  const reader = handlerIn(stack, 'Reader', network.vpc);
  platform.addClient(reader, { concurrency: 10 });
  platform.addRoute(PRODUCT, { reader });
  const authorizer = new apigateway.TokenAuthorizer(stack, 'Tokens', { handler: handlerIn(stack, 'Authorizer') });
  platform.addRoute(defineRoute({ name: 'order', path: '/orders/{id}' }), { reader, writes: ['PUT'], authorizer });
  const rotation = handlerIn(stack, 'Rotation', network.vpc);
  network.allowSecretRotation(rotation);
  database.secretOf(DatabaseRole.WRITER).addRotationSchedule('Rotation', { rotationLambda: rotation });
  const images = new s3.Bucket(stack, 'Images');
  network.allowBucket(reader, images);
  images.grantRead(reader);
}

/** Apps of other people's making, which must deploy as the stages do. */
export const APPS: Readonly<Record<string, (app: App) => void>> = {
  "everything of one's own": addEverything,
  'two platforms in two stacks': (app) => {
    inStack(app, 'shop', 'shop');
    inStack(app, 'blog', 'blog');
  },
  'two platforms in one stack': (app) => {
    const stack = new Stack(app, 'shop');
    for (const namespace of ['shop', 'blog']) addPlatform(stack, namespace, { namespace, ...COSTS });
  },
  'one stack in two regions': (app) => {
    for (const region of ['eu-central-1', 'us-east-1']) {
      inStack(app, `shop-${region}`, 'shop', { stackName: 'shop', env: { account: '111111111111', region } });
    }
  },
};
