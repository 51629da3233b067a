import * as fs from 'node:fs';
import * as path from 'node:path';
import { CustomResource, Duration, FileSystem, Names, RemovalPolicy, Stack } from 'aws-cdk-lib';
import * as cloudfront from 'aws-cdk-lib/aws-cloudfront';
import { S3BucketOrigin } from 'aws-cdk-lib/aws-cloudfront-origins';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as kms from 'aws-cdk-lib/aws-kms';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { SITE_PUBLISHES } from '../contract/events';
import { SITE_FOLDER, SITE_PREFIX } from '../contract/site';
import * as variables from '../contract/variables';
import { bundleHash } from '../functions/bundle-hash';
import { PlatformFunction } from '../functions/platform-function';
import type { IPurgeBus } from '../purge/purge-bus';
import { KEPT } from '../removal';
import type { Site } from '../route';
import { EdgeDistribution } from './edge-distribution';
import type { IEdgeDistribution } from './edge-distribution-base';
import { FolderIndex } from './folder-index';

/** Parts of a platform that a site is served and purged by; a CachingPlatform has them. */
export interface SitePlatform {
  /** Distribution, made in the stack of the site. */
  readonly edge: IEdgeDistribution;
  /** Bus that purges are requested on. */
  readonly bus: IPurgeBus;
  /**
   * Key of the log.
   * @default - encrypted by CloudWatch
   */
  readonly key?: kms.IKey;
}

/** Properties of a StaticSite. */
export interface StaticSiteProps {
  /** Platform whose edge serves the site: whatever isn't a route of its API. */
  readonly platform: SitePlatform;

  /** Folder with the files as they are served, with an `index.html`; at most 200 MB. */
  readonly directory: string;

  /** Times for which the edge and browsers keep the files. */
  readonly paths: Site;

  /**
   * Time for which assets stay that a newer site doesn't have, for whoever has an older page open.
   * @default Duration.days(30)
   */
  readonly keepAssets?: Duration;

  /**
   * Removal policy of the bucket and the log. DESTROY empties the bucket, too.
   * @default RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE
   */
  readonly removalPolicy?: RemovalPolicy;
}

/**
 * Most bytes of a site, which is part of a function: Lambda takes 250 MB, unzipped.
 *
 * @see https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
 */
const MAX_SITE_BYTES = 200 * 1000 * 1000;

/** Longest that Lambda runs. A few thousand files are copied in less than a minute. */
const DEPLOYMENT_TIMEOUT = Duration.minutes(15);

/**
 * Longest name of an access control without the region, of 64 characters.
 *
 * @see https://docs.aws.amazon.com/cloudfront/latest/APIReference/API_OriginAccessControlConfig.html
 */
const MAX_ACCESS_NAME = 40;

/** Longest time that a cache policy takes, so that an object's own times count. */
const MAX_TTL = Duration.days(365);

/**
 * Static files behind the edge, in a bucket that nobody else reads. A deployment copies what changed, assets before pages, and
 * purges the pages that changed by their tags, `page:<path>`; it is done once the files are there, and the purge follows.
 *
 * @throws {RangeError} where the folder has no `index.html` or is too large, or the edge isn't made in this stack.
 */
export class StaticSite extends Construct {
  /** Bucket of the files. */
  readonly bucket: s3.IBucket;
  /** Function that copies them. */
  readonly deployment: lambda.IFunction;

  constructor(scope: Construct, id: string, props: StaticSiteProps) {
    super(scope, id);
    const { platform, directory, paths, keepAssets = Duration.days(30), removalPolicy = KEPT } = props;
    const edge = checkEdge(this, platform.edge);
    checkDirectory(directory);

    const bucket = new s3.Bucket(this, 'Bucket', {
      encryption: s3.BucketEncryption.S3_MANAGED,
      enforceSSL: true,
      blockPublicAccess: s3.BlockPublicAccess.BLOCK_ALL,
      objectOwnership: s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
      removalPolicy,
      autoDeleteObjects: removalPolicy === RemovalPolicy.DESTROY,
    });
    this.bucket = bucket;
    const originAccessControl = new cloudfront.S3OriginAccessControl(this, 'Access', {
      // An account has one list of names, in which a stack of the same name in another region has the same.
      originAccessControlName: `${Names.uniqueResourceName(this, { maxLength: MAX_ACCESS_NAME })}-${Stack.of(this).region}`,
    });
    const origin = S3BucketOrigin.withOriginAccessControl(bucket, { originPath: `/${SITE_PREFIX}`, originAccessControl });
    edge.addBehavior('/*', origin, {
      allowedMethods: cloudfront.AllowedMethods.ALLOW_GET_HEAD,
      compress: true,
      cachePolicy: new cloudfront.CachePolicy(this, 'Key', {
        comment: 'Path, for as long as each file says',
        minTtl: Duration.seconds(0),
        defaultTtl: Duration.seconds(0),
        maxTtl: MAX_TTL,
        enableAcceptEncodingGzip: true,
        enableAcceptEncodingBrotli: true,
      }),
      functionAssociations: [
        { eventType: cloudfront.FunctionEventType.VIEWER_REQUEST, function: new FolderIndex(this, 'Index').function },
      ],
    });

    this.deployment = this.#addDeployment(bucket, props);
    const resource = new CustomResource(this, 'Files', {
      resourceType: 'Custom::SiteFiles',
      serviceToken: this.deployment.functionArn,
      serviceTimeout: DEPLOYMENT_TIMEOUT.plus(Duration.seconds(30)),
      properties: {
        Hash: bundleHash('site-deployment'),
        Files: FileSystem.fingerprint(directory),
        Site: JSON.stringify(paths),
        KeepAssetsSeconds: keepAssets.toSeconds(),
      },
    });
    resource.node.addDependency(bucket, this.deployment);
  }

  #addDeployment(bucket: s3.IBucket, { platform, directory, removalPolicy = KEPT }: StaticSiteProps): lambda.IFunction {
    const deployment = new PlatformFunction(this, 'Deployment', {
      bundle: 'site-deployment',
      folders: { [SITE_FOLDER]: path.resolve(directory) },
      description: 'Copies the files of a site into its bucket, and purges what changed',
      timeout: DEPLOYMENT_TIMEOUT,
      memorySizeMib: 1024,
      environment: { [variables.SITE_BUCKET]: bucket.bucketName },
      logEncryptionKey: platform.key,
      logRemovalPolicy: removalPolicy,
    });
    platform.bus.addPublisher(deployment, undefined, [...SITE_PUBLISHES]);
    deployment.addToRolePolicy(
      new iam.PolicyStatement({
        actions: ['s3:DeleteObject', 's3:GetObject', 's3:PutObject'],
        resources: [bucket.arnForObjects('*')],
      }),
    );
    // By it alone a manifest that isn't there is told from one that may not be read.
    deployment.addToRolePolicy(new iam.PolicyStatement({ actions: ['s3:ListBucket'], resources: [bucket.bucketArn] }));
    return deployment;
  }
}

function checkEdge(scope: Construct, edge: IEdgeDistribution): EdgeDistribution {
  if (!(edge instanceof EdgeDistribution)) {
    throw new RangeError(
      `static site: 'platform.edge' must be made in this app, since the site adds a behaviour to it, got: an imported one, '${edge.node.path}'; add the site where it is made`,
    );
  }
  if (Stack.of(edge) !== Stack.of(scope)) {
    throw new RangeError(
      `static site: 'platform.edge' must be in the stack of the site, since the bucket's policy names the distribution, and the distribution the bucket, got: '${edge.node.path}'; make the site in that stack`,
    );
  }
  return edge;
}

function checkDirectory(directory: string): void {
  if (!fs.existsSync(path.join(directory, 'index.html'))) {
    throw new RangeError(
      `static site: 'directory' must be a folder with an index.html, got: '${directory}'; build the site before the app is synthesized`,
    );
  }
  const bytes = fs
    .readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .reduce((sum, entry) => sum + fs.statSync(path.join(entry.parentPath, entry.name)).size, 0);
  if (bytes > MAX_SITE_BYTES) {
    throw new RangeError(
      `static site: 'directory' must have at most ${MAX_SITE_BYTES / 1e6} MB, since a function carries it, got: ${Math.ceil(bytes / 1e6)} MB; put large files into a bucket of your own, with 'edge.addBehavior'`,
    );
  }
}
