import { distributionKeys } from '../identity';
import type { Model, Resource } from '../types';
import type { BucketOptions, BucketsOptions } from './options';

/** Canned lists that grant nothing to anybody outside of the account but the logs of S3 itself. */
const PRIVATE_LISTS = ['Private', 'LogDeliveryWrite', 'BucketOwnerRead', 'BucketOwnerFullControl', 'AwsExecRead'];

/**
 * The buckets of the templates, with the distributions that may read from them.
 *
 * @throws {Error} that names the bucket and what of it doesn't run here.
 */
export function bucketsFromTemplate(model: Model): BucketsOptions {
  return {
    buckets: model.resources('AWS::S3::Bucket').map((bucket) => bucketFrom(model, bucket)),
    distributions: distributionKeys(model),
  };
}

function bucketFrom(model: Model, resource: Resource): BucketOptions {
  const { AccessControl: list, PublicAccessBlockConfiguration: block } = resource.properties;
  if (list !== undefined && !PRIVATE_LISTS.includes(list)) {
    throw new Error(
      `buckets: ${resource.stack}/${resource.logicalId}: 'AccessControl' ${list} isn't run here; grant the access by a bucket policy`,
    );
  }
  return {
    name: model.ref(resource),
    arn: model.attribute(resource, 'Arn'),
    domainNames: ['RegionalDomainName', 'DomainName', 'DualStackDomainName'].map((name) => model.attribute(resource, name)),
    // All four settings are on where the template has none, as for every new bucket since April 2023:
    // https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html
    blocksPublic: block === undefined || isTrue(block.RestrictPublicBuckets) || isTrue(block.BlockPublicPolicy),
  };
}

/** CloudFormation takes flags as text, too. */
function isTrue(value: unknown): boolean {
  return value === true || value === 'true';
}
