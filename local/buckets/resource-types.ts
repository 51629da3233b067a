import type { Environment, Resource, ResourceTypes } from '../types';

/** S3 allows 63 characters. */
function bucketName(resource: Resource, environment: Environment): string {
  const given = resource.properties.BucketName;
  return (
    given ?? `${resource.stack}-${resource.logicalId}`.toLowerCase().slice(0, 50).concat('-', environment.account).slice(0, 63)
  );
}

/** The CloudFormation types that the buckets run. */
export const types: ResourceTypes = {
  'AWS::S3::Bucket': {
    honours: [
      'BucketName',
      // Refused where it opens the bucket to others.
      'AccessControl',
      'PublicAccessBlockConfiguration.BlockPublicPolicy',
      'PublicAccessBlockConfiguration.RestrictPublicBuckets',
    ],
    ignores: {
      BucketEncryption: 'objects are files of this user; whoever may read one gets it decrypted, on AWS too',
      IntelligentTieringConfigurations: 'it decides what storage costs, and nothing is billed here',
      LifecycleConfiguration: 'objects last until the next start, which is less than the day that a rule counts in',
      LoggingConfiguration: 'logs of requests go nowhere here',
      ObjectLockConfiguration: 'it keeps versions, and each key has its newest alone here',
      ObjectLockEnabled: 'it keeps versions, and each key has its newest alone here',
      OwnershipControls: 'access control lists grant nothing here, and requests that set one are refused',
      'PublicAccessBlockConfiguration.BlockPublicAcls': 'access control lists grant nothing here',
      'PublicAccessBlockConfiguration.IgnorePublicAcls': 'access control lists grant nothing here',
      Tags: 'only people read it',
      VersioningConfiguration: 'each key has its newest version alone here; requests for another one are refused',
    },
    ref: bucketName,
    attributes: {
      Arn: (resource, environment) => `arn:aws:s3:::${bucketName(resource, environment)}`,
      DomainName: (resource, environment) => `${bucketName(resource, environment)}.s3.amazonaws.com`,
      RegionalDomainName: (resource, environment) =>
        `${bucketName(resource, environment)}.s3.${environment.region}.amazonaws.com`,
      DualStackDomainName: (resource, environment) =>
        `${bucketName(resource, environment)}.s3.dualstack.${environment.region}.amazonaws.com`,
      WebsiteURL: (resource, environment) =>
        `http://${bucketName(resource, environment)}.s3-website-${environment.region}.amazonaws.com`,
    },
  },

  'AWS::S3::BucketPolicy': {
    honours: ['Bucket', 'PolicyDocument'],
    ref: (resource) => resource.properties.Bucket,
  },
};
