import { createHash } from 'node:crypto';
import { uuidOf } from '../assembly/names';
import type { Environment, Resource, ResourceTypes } from '../types';

const LABEL = 'only people read it';
const NO_TLS = 'the local edge and its origins speak plain HTTP over loopback, which counts as HTTPS';
const ONE_LOCATION = 'there is one edge location here, and nothing between it and the origin';

/** Properties of a behaviour that make a difference, without the path before them. */
const BEHAVIOR_HONOURED = [
  'TargetOriginId',
  'AllowedMethods',
  'CachedMethods',
  'CachePolicyId',
  'OriginRequestPolicyId',
  'ResponseHeadersPolicyId',
  'Compress',
  'FunctionAssociations.EventType',
  'FunctionAssociations.FunctionARN',
];

const BEHAVIOR_IGNORED: Readonly<Record<string, string>> = {
  ViewerProtocolPolicy: 'loopback counts as HTTPS, so that every policy lets a viewer through',
  RealtimeLogConfigArn: 'logs of requests go nowhere here',
  SmoothStreaming: 'only Microsoft Smooth Streaming origins have a use for it',
  'GrpcConfig.Enabled': 'viewers speak HTTP/1.1 here, and gRPC needs HTTP/2',
};

/** A deterministic hash of what a resource is, in hexadecimal. */
function fingerprint(resource: Resource, environment: Environment): string {
  return createHash('sha256')
    .update(`${environment.account}/${resource.stack}/${resource.logicalId}/${resource.type}`)
    .digest('hex');
}

/** Ids of distributions and of origin access controls: `E` and 13 upper case characters. */
function edgeId(resource: Resource, environment: Environment): string {
  return `E${fingerprint(resource, environment).slice(0, 13).toUpperCase()}`;
}

/** Ids of policies: a UUID. */
function policyId(resource: Resource, environment: Environment): string {
  return uuidOf(fingerprint(resource, environment));
}

/** Changes of policies have no time here. */
const LAST_MODIFIED = () => '2000-01-01T00:00:00Z';

function functionArn(resource: Resource, environment: Environment): string {
  return `arn:aws:cloudfront::${environment.account}:function/${resource.properties.Name}`;
}

function prefixed(prefix: string, paths: readonly string[]): string[] {
  return paths.map((path) => `${prefix}.${path}`);
}

function prefixedReasons(prefix: string, reasons: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(reasons).map(([path, reason]) => [`${prefix}.${path}`, reason]));
}

/** The CloudFormation types that the edge runs. */
export const types: ResourceTypes = {
  'AWS::CloudFront::Distribution': {
    honours: prefixed('DistributionConfig', [
      'Enabled',
      'DefaultRootObject',
      'Aliases',
      'CacheTagConfig.HeaderName',
      'CustomErrorResponses.ErrorCode',
      'CustomErrorResponses.ErrorCachingMinTTL',
      'CustomErrorResponses.ResponseCode',
      'CustomErrorResponses.ResponsePagePath',
      'Origins.Id',
      'Origins.DomainName',
      'Origins.OriginPath',
      'Origins.OriginCustomHeaders.HeaderName',
      'Origins.OriginCustomHeaders.HeaderValue',
      'Origins.ConnectionAttempts',
      'Origins.ConnectionTimeout',
      'Origins.ResponseCompletionTimeout',
      'Origins.CustomOriginConfig.OriginReadTimeout',
      'Origins.OriginAccessControlId',
      // An access identity stops the start with the reason.
      'Origins.S3OriginConfig',
      'OriginGroups.Items.Id',
      'OriginGroups.Items.Members.Items.OriginId',
      'OriginGroups.Items.FailoverCriteria.StatusCodes.Items',
      'CacheBehaviors.PathPattern',
      ...prefixed('CacheBehaviors', BEHAVIOR_HONOURED),
      ...prefixed('DefaultCacheBehavior', BEHAVIOR_HONOURED),
    ]),
    ignores: {
      Tags: LABEL,
      ...prefixedReasons('DistributionConfig', {
        Comment: LABEL,
        CNAMEs: 'older than `Aliases`, which are the names that count here',
        ViewerCertificate: NO_TLS,
        HttpVersion: 'viewers speak HTTP/1.1 here; caching is the same in every version',
        IPV6Enabled: 'the local edge listens on 127.0.0.1 only',
        PriceClass: ONE_LOCATION,
        Logging: 'logs of requests go nowhere here',
        WebACLId: 'no web ACL runs here; it decides who gets through, not what is cached',
        Restrictions: 'a viewer on this machine is in no country',
        Staging: 'a staging distribution runs like any other',
        'Origins.CustomOriginConfig.HTTPPort': 'the port is that of the local server which stands for the origin',
        'Origins.CustomOriginConfig.HTTPSPort': 'the port is that of the local server which stands for the origin',
        'Origins.CustomOriginConfig.OriginProtocolPolicy': NO_TLS,
        'Origins.CustomOriginConfig.OriginSSLProtocols': NO_TLS,
        'Origins.CustomOriginConfig.IpAddressType': 'local servers listen on 127.0.0.1 only',
        'Origins.CustomOriginConfig.OriginKeepaliveTimeout':
          'connections to local origins are kept for as long as the origin keeps them',
        'Origins.OriginShield': ONE_LOCATION,
        'OriginGroups.Quantity': 'the items are counted',
        'OriginGroups.Items.Members.Quantity': 'the items are counted',
        'OriginGroups.Items.FailoverCriteria.StatusCodes.Quantity': 'the items are counted',
        ...prefixedReasons('CacheBehaviors', BEHAVIOR_IGNORED),
        ...prefixedReasons('DefaultCacheBehavior', BEHAVIOR_IGNORED),
      }),
    },
    ref: edgeId,
    attributes: {
      Id: edgeId,
      DomainName: (resource, environment) => `${edgeId(resource, environment).toLowerCase()}.cloudfront.net`,
    },
  },

  'AWS::CloudFront::CachePolicy': {
    honours: prefixed('CachePolicyConfig', [
      'Name',
      'MinTTL',
      'DefaultTTL',
      'MaxTTL',
      ...prefixed('ParametersInCacheKeyAndForwardedToOrigin', [
        'CookiesConfig.CookieBehavior',
        'CookiesConfig.Cookies',
        'HeadersConfig.HeaderBehavior',
        'HeadersConfig.Headers',
        'QueryStringsConfig.QueryStringBehavior',
        'QueryStringsConfig.QueryStrings',
        'EnableAcceptEncodingBrotli',
        'EnableAcceptEncodingGzip',
      ]),
    ]),
    ignores: { 'CachePolicyConfig.Comment': LABEL },
    ref: policyId,
    attributes: { Id: policyId, LastModifiedTime: LAST_MODIFIED },
  },

  'AWS::CloudFront::OriginRequestPolicy': {
    honours: prefixed('OriginRequestPolicyConfig', [
      'Name',
      'CookiesConfig.CookieBehavior',
      'CookiesConfig.Cookies',
      'HeadersConfig.HeaderBehavior',
      'HeadersConfig.Headers',
      'QueryStringsConfig.QueryStringBehavior',
      'QueryStringsConfig.QueryStrings',
    ]),
    ignores: { 'OriginRequestPolicyConfig.Comment': LABEL },
    ref: policyId,
    attributes: { Id: policyId, LastModifiedTime: LAST_MODIFIED },
  },

  'AWS::CloudFront::ResponseHeadersPolicy': {
    honours: prefixed('ResponseHeadersPolicyConfig', [
      'Name',
      'CorsConfig.AccessControlAllowCredentials',
      'CorsConfig.AccessControlAllowHeaders.Items',
      'CorsConfig.AccessControlAllowMethods.Items',
      'CorsConfig.AccessControlAllowOrigins.Items',
      'CorsConfig.AccessControlExposeHeaders.Items',
      'CorsConfig.AccessControlMaxAgeSec',
      'CorsConfig.OriginOverride',
      'CustomHeadersConfig.Items.Header',
      'CustomHeadersConfig.Items.Value',
      'CustomHeadersConfig.Items.Override',
      'RemoveHeadersConfig.Items.Header',
      'SecurityHeadersConfig.ContentSecurityPolicy.ContentSecurityPolicy',
      'SecurityHeadersConfig.ContentSecurityPolicy.Override',
      'SecurityHeadersConfig.ContentTypeOptions.Override',
      'SecurityHeadersConfig.FrameOptions.FrameOption',
      'SecurityHeadersConfig.FrameOptions.Override',
      'SecurityHeadersConfig.ReferrerPolicy.Override',
      'SecurityHeadersConfig.ReferrerPolicy.ReferrerPolicy',
      'SecurityHeadersConfig.StrictTransportSecurity.AccessControlMaxAgeSec',
      'SecurityHeadersConfig.StrictTransportSecurity.IncludeSubdomains',
      'SecurityHeadersConfig.StrictTransportSecurity.Override',
      'SecurityHeadersConfig.StrictTransportSecurity.Preload',
      'SecurityHeadersConfig.XSSProtection.ModeBlock',
      'SecurityHeadersConfig.XSSProtection.Override',
      'SecurityHeadersConfig.XSSProtection.Protection',
      'SecurityHeadersConfig.XSSProtection.ReportUri',
      'ServerTimingHeadersConfig.Enabled',
      'ServerTimingHeadersConfig.SamplingRate',
    ]),
    ignores: { 'ResponseHeadersPolicyConfig.Comment': LABEL },
    ref: policyId,
    attributes: { Id: policyId, LastModifiedTime: LAST_MODIFIED },
  },

  'AWS::CloudFront::OriginAccessControl': {
    honours: prefixed('OriginAccessControlConfig', ['OriginAccessControlOriginType', 'SigningBehavior', 'SigningProtocol']),
    ignores: { 'OriginAccessControlConfig.Name': LABEL, 'OriginAccessControlConfig.Description': LABEL },
    ref: edgeId,
    attributes: { Id: edgeId },
  },

  'AWS::CloudFront::Function': {
    honours: ['Name', 'FunctionCode'],
    ignores: {
      AutoPublish: 'the code of the template is the one that runs',
      'FunctionConfig.Comment': LABEL,
      'FunctionConfig.Runtime': 'both runtimes run on the JavaScript of this Node.js, which is a superset of theirs',
      FunctionMetadata: LABEL,
      Tags: LABEL,
    },
    ref: functionArn,
    attributes: {
      FunctionARN: functionArn,
      'FunctionMetadata.FunctionARN': functionArn,
      Stage: () => 'LIVE',
    },
  },

  'AWS::CloudFront::MonitoringSubscription': {
    honours: [],
    ignores: {
      DistributionId: 'no metrics of CloudFront are kept here',
      MonitoringSubscription: 'no metrics of CloudFront are kept here',
    },
    ref: edgeId,
  },
};
