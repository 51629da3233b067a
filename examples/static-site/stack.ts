import * as path from 'node:path';
import { Duration, RemovalPolicy, Stack, type StackProps } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { NodejsFunction } from 'aws-cdk-lib/aws-lambda-nodejs';
import * as logs from 'aws-cdk-lib/aws-logs';
import { CachingPlatform, DatabaseRole, StaticSite } from 'cachement';
import type { Construct } from 'constructs';
import { buildSite } from './build';
import { acknowledgeFunction, acknowledgeTrial } from './policies';
import { note } from './routes';
import { site } from './site';

/** A site of files, and an API beside it, behind one edge. */
export class SiteStack extends Stack {
  constructor(scope: Construct, id: string, props?: StackProps) {
    super(scope, id, props);
    // For a trial: data goes with the stack. Leave it out in production.
    const removalPolicy = RemovalPolicy.DESTROY;
    const platform = new CachingPlatform(this, 'Caching', {
      namespace: 'site',
      schema: path.join(__dirname, 'schema'),
      // `cachement dev` sets this stage. Everywhere else a write must be signed.
      open: this.node.tryGetContext('stage') === 'local',
      removalPolicy,
    });
    acknowledgeTrial(platform);
    this.#addNotes(platform);

    const size = (name: string) => Number(this.node.tryGetContext(name) ?? 24);
    const directory = path.join(__dirname, '.site');
    buildSite(directory, { pages: size('pages'), assets: size('assets') });
    new StaticSite(platform, 'Site', { platform, directory, paths: site, keepAssets: Duration.days(30), removalPolicy });
  }

  #addNotes(platform: CachingPlatform): void {
    const notes = new NodejsFunction(this, 'Notes', {
      entry: path.join(__dirname, 'functions/notes.ts'),
      runtime: lambda.Runtime.NODEJS_24_X,
      architecture: lambda.Architecture.ARM_64,
      memorySize: 1024,
      timeout: Duration.seconds(3),
      vpc: platform.network.vpc,
      vpcSubnets: { subnetType: ec2.SubnetType.PRIVATE_ISOLATED },
      allowAllOutbound: false,
      logGroup: new logs.LogGroup(this, 'NotesLog', {
        retention: logs.RetentionDays.ONE_MONTH,
        encryptionKey: platform.key,
        removalPolicy: RemovalPolicy.DESTROY,
      }),
      bundling: { minify: true, bundleAwsSDK: true, mainFields: ['module', 'main'], externalModules: ['pg-native'] },
    });
    acknowledgeFunction(notes);
    platform.addClient(notes, { concurrency: 20, role: DatabaseRole.WRITER });
    platform.addRoute(note, { reader: notes, writes: ['PUT'] });
    platform.addPlatformRoutes({ reader: notes });
  }
}
