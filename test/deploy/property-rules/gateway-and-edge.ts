import type { Json } from '../assembly';
import { pathOf } from '../callers';
import { named, type PropertyRule } from './rule';

const CACHE_TTL_MOST = 3600;
const CACHE_SIZES = ['0.5', '1.6', '6.1', '13.5', '28.4', '58.2', '118', '237'];
const INTEGRATION_TIMEOUT_MOST_MS = 29_000;

/** Regions that an account has to enable; CloudFront's standard logs of the first version can't go to buckets there. */
const OPT_IN_REGIONS = [
  'af-south-1',
  'ap-east-1',
  'ap-south-2',
  'ap-southeast-3',
  'ap-southeast-4',
  'ap-southeast-5',
  'ap-southeast-7',
  'ca-west-1',
  'eu-central-2',
  'eu-south-1',
  'eu-south-2',
  'il-central-1',
  'me-central-1',
  'me-south-1',
  'mx-central-1',
];

/** Rules of API Gateway, CloudFront and AWS WAF. */
export const GATEWAY_AND_EDGE_RULES: readonly PropertyRule[] = [
  {
    id: 'stage-cache',
    types: ['AWS::ApiGateway::Stage'],
    source: 'https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-caching.html',
    problem: ({ CacheClusterSize, MethodSettings = [] }) => {
      if (CacheClusterSize !== undefined && !CACHE_SIZES.includes(String(CacheClusterSize)))
        return `'CacheClusterSize' must be one of ${CACHE_SIZES.join(', ')}, got: ${CacheClusterSize}`;
      const beyond = MethodSettings.find(
        ({ CacheTtlInSeconds = 300 }: Json) => CacheTtlInSeconds < 0 || CacheTtlInSeconds > CACHE_TTL_MOST,
      );
      return beyond ? `'CacheTtlInSeconds' must be from 0 to ${CACHE_TTL_MOST}, got: ${beyond.CacheTtlInSeconds}` : undefined;
    },
  },
  {
    id: 'stage-logs-need-account-role',
    types: ['AWS::ApiGateway::Stage'],
    source: 'https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-logging.html',
    problem: ({ AccessLogSetting, MethodSettings = [] }, { address, needs }, all) => {
      const isLogging =
        AccessLogSetting !== undefined || MethodSettings.some(({ LoggingLevel = 'OFF' }: Json) => LoggingLevel !== 'OFF');
      const account = all.find(({ type }) => type === 'AWS::ApiGateway::Account');
      if (!isLogging || !account || account.address.split('/')[0] !== address.split('/')[0]) return undefined;
      return needs.has(account.address)
        ? undefined
        : `a stage that logs must come after ${account.address}, which sets the account's role; make it depend on it`;
    },
  },
  {
    id: 'method-declared',
    types: ['AWS::ApiGateway::Method'],
    source: 'https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-method-settings-method-request.html',
    problem: ({ HttpMethod, Integration }) => {
      if (HttpMethod === 'ANY' && Integration?.Type !== 'MOCK')
        return "'HttpMethod' must be a method that somebody declared, got: 'ANY', which lets every other method through; name each";
      const timeout = Integration?.TimeoutInMillis ?? INTEGRATION_TIMEOUT_MOST_MS;
      return timeout > INTEGRATION_TIMEOUT_MOST_MS || timeout < 50
        ? `'TimeoutInMillis' must be from 50 to ${INTEGRATION_TIMEOUT_MOST_MS}, got: ${timeout}`
        : undefined;
    },
  },
  {
    id: 'authorized-behind-a-cache',
    types: ['AWS::ApiGateway::Method'],
    source: 'https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/add-origin-custom-headers.html',
    problem: ({ HttpMethod, AuthorizationType = 'NONE', ApiKeyRequired, ResourceId }, _, all) => {
      if (HttpMethod !== 'GET' || (AuthorizationType === 'NONE' && ApiKeyRequired !== true)) return undefined;
      const pattern = pathOf(ResourceId, all).replace(/\{[^}]+\}/g, '*');
      const behavior = all
        .filter(({ type }) => type === 'AWS::CloudFront::Distribution')
        .flatMap(({ properties }) => properties.DistributionConfig.CacheBehaviors ?? [])
        .find(({ PathPattern }: Json) => PathPattern === pattern);
      const policy = named(all, 'AWS::CloudFront::CachePolicy', behavior?.CachePolicyId)[0];
      return policy && policy.properties.CachePolicyConfig.MaxTTL > 0
        ? `GET of '${pattern}' must be open to anybody, since the edge keeps its answers and hands on no authorisation, got: '${AuthorizationType}'; leave the behaviour uncached`
        : undefined;
    },
  },
  {
    id: 'cache-key-parameters-declared',
    types: ['AWS::ApiGateway::Method'],
    source: 'https://docs.aws.amazon.com/apigateway/latest/api/API_PutIntegration.html',
    problem: ({ Integration, RequestParameters = {} }) => {
      const unknown = (Integration?.CacheKeyParameters ?? []).find((name: string) => !Object.hasOwn(RequestParameters, name));
      return unknown ? `'CacheKeyParameters' must be request parameters of the method, got: '${unknown}'; declare it` : undefined;
    },
  },
  {
    id: 'behavior-ttls',
    types: ['AWS::CloudFront::CachePolicy'],
    source: 'https://docs.aws.amazon.com/cloudfront/latest/APIReference/API_CachePolicyConfig.html',
    problem: ({ CachePolicyConfig: { MinTTL, DefaultTTL, MaxTTL } }) =>
      MinTTL <= DefaultTTL && DefaultTTL <= MaxTTL
        ? undefined
        : `'MinTTL', 'DefaultTTL' and 'MaxTTL' must not decrease, got: ${MinTTL}, ${DefaultTTL}, ${MaxTTL}`,
  },
  {
    id: 'distribution-log-bucket',
    types: ['AWS::CloudFront::Distribution'],
    source: 'https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/standard-logging-legacy-s3.html',
    problem: ({ DistributionConfig }, _, all) => {
      const bucket = named(all, 'AWS::S3::Bucket', DistributionConfig.Logging?.Bucket)[0];
      if (!bucket) return undefined;
      if (OPT_IN_REGIONS.includes(bucket.region))
        return `'Logging.Bucket' must not be in a region that is opted into, got: ${bucket.region}; use the second version of standard logs`;
      const ownership = bucket.properties.OwnershipControls?.Rules?.[0]?.ObjectOwnership;
      return ownership === 'BucketOwnerPreferred' || ownership === 'ObjectWriter'
        ? undefined
        : `the bucket of 'Logging' must allow ACLs, got: ownership ${ownership ?? 'BucketOwnerEnforced'}; set it to BucketOwnerPreferred`;
    },
  },
  {
    id: 'distribution-certificate',
    types: ['AWS::CloudFront::Distribution'],
    source: 'https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/cnames-and-https-requirements.html',
    problem: ({ DistributionConfig: { Aliases = [], ViewerCertificate } }, _, all) => {
      if (Aliases.length > 0 && !ViewerCertificate?.AcmCertificateArn && !ViewerCertificate?.IamCertificateId)
        return `'ViewerCertificate' must be given with 'Aliases', got: none for ${Aliases.join(', ')}`;
      const certificate = named(all, 'AWS::CertificateManager::Certificate', ViewerCertificate?.AcmCertificateArn)[0];
      const region = certificate?.region ?? /^arn:[^:]+:acm:([^:]+):/.exec(ViewerCertificate?.AcmCertificateArn ?? '')?.[1];
      return region !== undefined && region !== 'us-east-1' ? `the certificate must be of us-east-1, got: ${region}` : undefined;
    },
  },
  {
    id: 'distribution-tags',
    types: ['AWS::CloudFront::Distribution'],
    source: 'https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/tag-based-invalidation.html',
    problem: ({ DistributionConfig: { CacheTagConfig } }) =>
      CacheTagConfig !== undefined && typeof CacheTagConfig.HeaderName !== 'string'
        ? `'CacheTagConfig.HeaderName' must be the name of a header, got: ${CacheTagConfig.HeaderName}`
        : undefined,
  },
  {
    id: 'behavior-methods',
    types: ['AWS::CloudFront::Distribution'],
    source: 'https://docs.aws.amazon.com/cloudfront/latest/APIReference/API_AllowedMethods.html',
    problem: ({ DistributionConfig: { DefaultCacheBehavior, CacheBehaviors = [] } }) => {
      const sets = ['GET,HEAD', 'GET,HEAD,OPTIONS', 'DELETE,GET,HEAD,OPTIONS,PATCH,POST,PUT'];
      const wrong = [DefaultCacheBehavior, ...CacheBehaviors].find(
        ({ AllowedMethods = ['GET', 'HEAD'] }: Json) => !sets.includes([...AllowedMethods].sort().join(',')),
      );
      return wrong ? `'AllowedMethods' must be one of CloudFront's three sets, got: ${wrong.AllowedMethods}` : undefined;
    },
  },
  {
    id: 'firewall-scope-region',
    types: ['AWS::WAFv2::WebACL'],
    source: 'https://docs.aws.amazon.com/waf/latest/APIReference/API_CreateWebACL.html',
    problem: ({ Scope }, { region }) =>
      Scope === 'CLOUDFRONT' && region !== 'us-east-1'
        ? `a web ACL of scope CLOUDFRONT must be made in us-east-1, got: ${region}`
        : undefined,
  },
  {
    id: 'distribution-firewall',
    types: ['AWS::CloudFront::Distribution'],
    source: 'https://docs.aws.amazon.com/cloudfront/latest/APIReference/API_DistributionConfig.html',
    problem: ({ DistributionConfig: { WebACLId } }, _, all) => {
      const acl = named(all, 'AWS::WAFv2::WebACL', WebACLId)[0];
      return acl && acl.properties.Scope !== 'CLOUDFRONT'
        ? `'WebACLId' must be of scope CLOUDFRONT, got: ${acl.properties.Scope}`
        : undefined;
    },
  },
  {
    id: 'firewall-log-name',
    types: ['AWS::WAFv2::LoggingConfiguration'],
    source: 'https://docs.aws.amazon.com/waf/latest/developerguide/logging-cw-logs.html',
    problem: ({ LogDestinationConfigs }, _, all) => {
      const group = named(all, 'AWS::Logs::LogGroup', LogDestinationConfigs)[0];
      const name = group ? group.properties.LogGroupName : JSON.stringify(LogDestinationConfigs).split(':log-group:')[1];
      return String(name ?? '').startsWith('aws-waf-logs-')
        ? undefined
        : `the log group must have a name that begins with 'aws-waf-logs-', got: ${name ?? 'a generated name'}`;
    },
  },
];
