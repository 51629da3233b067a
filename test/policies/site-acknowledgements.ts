import type { Acknowledgement } from './review';
import { DEPLOYED, INLINE, NO_TRACE, UNRESERVED } from './shared-reasons';

const both = (rule: string) => [`NIST.800.53.R5-${rule}`, `HIPAA.Security-${rule}`];

const FUNCTION = { 'edge/Site/Deployment/Resource': 'function site-deployment' };
const POLICY = { 'edge/Site/DeploymentRole/DefaultPolicy/Resource': 'the policy of site-deployment' };
const BUCKET = { 'edge/Site/Bucket/Resource': "the bucket of a site's files" };

/** Findings of a static site, which is in one preset. */
export const SITE_ACKNOWLEDGEMENTS: readonly Acknowledgement[] = [
  {
    rules: both('IAMNoInlinePolicy'),
    resources: { 'edge/Site/DeploymentRole/Resource': 'what lets Lambda run', ...POLICY },
    because: INLINE,
  },
  {
    rules: ['AwsSolutions-IAM5[Resource::<CachingSiteBucket344C955B.Arn>/*]'],
    resources: POLICY,
    because: 'writes, reads and deletes the files of one bucket, whose names are known only when a site is deployed',
  },
  { rules: ['Serverless-LambdaTracing'], resources: FUNCTION, because: NO_TRACE },
  { rules: ['Serverless-LambdaDLQ', ...both('LambdaDLQ')], resources: FUNCTION, because: DEPLOYED },
  { rules: both('LambdaConcurrency'), resources: FUNCTION, because: `${UNRESERVED}: CloudFormation, one deployment at a time` },
  {
    rules: both('LambdaInsideVPC'),
    resources: FUNCTION,
    because:
      'copies public files into a bucket, and has no way to the database nor a secret; it may ask for purges, and nothing else',
  },
  {
    rules: ['AwsSolutions-S1', ...both('S3BucketLoggingEnabled')],
    resources: BUCKET,
    because:
      'is read by one distribution alone, which logs each request, and written by one function, whose log says what it wrote',
  },
  {
    rules: [...both('S3BucketReplicationEnabled'), ...both('S3BucketVersioningEnabled')],
    resources: BUCKET,
    because: 'holds copies: every deployment has all files of its site with it, and the repository has the ones before',
  },
  {
    rules: both('S3DefaultEncryptionKMS'),
    resources: BUCKET,
    because:
      "is encrypted by S3's own key; it holds what the edge shows to everybody, and CloudFront would have to be let into a key",
  },
].map((each) => ({ ...each, presets: ['platform'] }));
