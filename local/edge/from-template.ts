import type { Model, Resource } from '../types';
import type { EdgeOptions } from './edge';
import { DEFAULT_ERROR_CACHING_SECONDS } from './errors';
import { MANAGED_CACHE_POLICIES, MANAGED_ORIGIN_REQUEST_POLICIES, MANAGED_RESPONSE_HEADERS_POLICIES } from './managed-policies';
import type {
  BehaviorOptions,
  CustomErrorResponse,
  DistributionOptions,
  OriginGroupOptions,
  OriginOptions,
  OriginSigning,
  ViewerFunction,
  ViewerFunctions,
} from './options';
import { cachePolicyFrom, flag, originRequestPolicyFrom, responseHeadersPolicyFrom } from './policies';

// biome-ignore lint/suspicious/noExplicitAny: CloudFormation properties have no static shape here
type Properties = Record<string, any>;

/** CloudFront's defaults of an origin, in seconds and attempts. */
const CONNECTION_ATTEMPTS = 3;
const CONNECTION_TIMEOUT_SECONDS = 10;
const READ_TIMEOUT_SECONDS = 30;

/**
 * The distributions of the templates, with everything that they refer to.
 *
 * @throws {Error} that names the distribution and what of it doesn't run here.
 */
export function edgeFromTemplate(model: Model): EdgeOptions {
  return { distributions: model.resources('AWS::CloudFront::Distribution').map((resource) => distributionFrom(model, resource)) };
}

function distributionFrom(model: Model, resource: Resource): DistributionOptions {
  const name = `${resource.stack}/${resource.logicalId}`;
  const config = resource.properties.DistributionConfig;
  const origins: OriginOptions[] = (config.Origins ?? []).map((origin: Properties) => originFrom(model, name, origin));
  const originGroups = groupsFrom(config.OriginGroups);
  const listed: Properties[] = config.CacheBehaviors ?? [];
  const behaviors = [...listed, { ...config.DefaultCacheBehavior, PathPattern: '*' }].map((behavior) =>
    behaviorFrom(model, name, behavior),
  );
  const known = new Set([...origins, ...originGroups].map(({ id }) => id));
  for (const { pathPattern, originId } of behaviors) {
    if (!known.has(originId))
      throw new Error(`edge: distribution '${name}': behaviour '${pathPattern}' has no origin '${originId}'`);
  }
  const id = model.ref(resource);
  return {
    name,
    id,
    arn: `arn:aws:cloudfront::${model.environment.account}:distribution/${id}`,
    domainName: model.attribute(resource, 'DomainName'),
    aliases: (config.Aliases ?? []).map((alias: string) => alias.toLowerCase()),
    enabled: flag(config.Enabled),
    defaultRootObject: (config.DefaultRootObject ?? '').replace(/^\//, ''),
    origins,
    originGroups,
    behaviors,
    customErrors: (config.CustomErrorResponses ?? []).map(customErrorFrom),
    cacheTagHeader: config.CacheTagConfig?.HeaderName?.toLowerCase(),
  };
}

function originFrom(model: Model, distribution: string, origin: Properties): OriginOptions {
  const where = `edge: distribution '${distribution}': origin '${origin.Id}'`;
  checkBucket(model, where, origin);
  const customHeaders: Record<string, string> = Object.create(null);
  for (const header of origin.OriginCustomHeaders ?? []) customHeaders[header.HeaderName] = header.HeaderValue;
  const completion = origin.ResponseCompletionTimeout;
  return {
    id: origin.Id,
    domainName: origin.DomainName,
    path: (origin.OriginPath ?? '').replace(/\/$/, ''),
    customHeaders,
    signing: signingFrom(model, where, origin.OriginAccessControlId),
    connectionAttempts: Number(origin.ConnectionAttempts ?? CONNECTION_ATTEMPTS),
    connectionTimeoutSeconds: Number(origin.ConnectionTimeout ?? CONNECTION_TIMEOUT_SECONDS),
    readTimeoutSeconds: Number(origin.CustomOriginConfig?.OriginReadTimeout ?? READ_TIMEOUT_SECONDS),
    completionTimeoutSeconds: completion === undefined ? undefined : Number(completion),
  };
}

/** Attributes of a bucket that may be the domain name of an origin. */
const BUCKET_NAMES = ['RegionalDomainName', 'DomainName', 'DualStackDomainName'];

/** @throws {Error} where an origin is in S3, but no bucket that runs here, or is asked in a way that doesn't. */
function checkBucket(model: Model, where: string, { DomainName, S3OriginConfig }: Properties): void {
  if (/\.s3-website[.-]/.test(DomainName)) {
    throw new Error(`${where} is a bucket's website endpoint, which doesn't run here; use the bucket with origin access control`);
  }
  if (S3OriginConfig?.OriginAccessIdentity) {
    throw new Error(`${where} uses an origin access identity, which doesn't run here; use origin access control`);
  }
  if (!/\.s3[.-]/.test(DomainName)) return;
  const buckets = model.resources('AWS::S3::Bucket');
  if (buckets.some((bucket) => BUCKET_NAMES.some((name) => model.attribute(bucket, name) === DomainName))) return;
  throw new Error(`${where} is at '${DomainName}', a bucket that the template doesn't have; make it in the app to run it here`);
}

/**
 * Origin access control, which signs requests in the distribution's name.
 *
 * @throws {Error} on a kind of origin that isn't signed for here.
 */
function signingFrom(model: Model, where: string, id: string | undefined): OriginSigning | undefined {
  if (!id) return undefined;
  const resource = model.find('AWS::CloudFront::OriginAccessControl', id);
  if (!resource) throw new Error(`${where}: no AWS::CloudFront::OriginAccessControl of the template has the id '${id}'`);
  const { OriginAccessControlOriginType: service, SigningBehavior: behavior } = resource.properties.OriginAccessControlConfig;
  if (service !== 's3' && service !== 'lambda') {
    throw new Error(
      `${where}: origin access control for '${service}' doesn't run here; only that of buckets ('s3') and function URLs ('lambda') does`,
    );
  }
  return behavior === 'never' ? undefined : { service, keepsViewers: behavior === 'no-override' };
}

function groupsFrom(groups: Properties | undefined): OriginGroupOptions[] {
  return (groups?.Items ?? []).map((group: Properties) => ({
    id: group.Id,
    members: group.Members.Items.map((member: Properties) => member.OriginId),
    statusCodes: group.FailoverCriteria.StatusCodes.Items.map(Number),
  }));
}

function customErrorFrom(error: Properties): CustomErrorResponse {
  return {
    errorCode: Number(error.ErrorCode),
    cachingMinTtlSeconds: Number(error.ErrorCachingMinTTL ?? DEFAULT_ERROR_CACHING_SECONDS),
    responseCode: error.ResponseCode === undefined ? undefined : Number(error.ResponseCode),
    responsePagePath: error.ResponsePagePath,
  };
}

function behaviorFrom(model: Model, distribution: string, behavior: Properties): BehaviorOptions {
  const where = `edge: distribution '${distribution}', behaviour '${behavior.PathPattern}'`;
  return {
    pathPattern: behavior.PathPattern,
    originId: behavior.TargetOriginId,
    allowedMethods: behavior.AllowedMethods ?? ['GET', 'HEAD'],
    cachedMethods: behavior.CachedMethods ?? ['GET', 'HEAD'],
    cachePolicy: policy(
      model,
      'AWS::CloudFront::CachePolicy',
      behavior.CachePolicyId,
      MANAGED_CACHE_POLICIES,
      cachePolicyFrom,
      where,
    ),
    originRequestPolicy:
      behavior.OriginRequestPolicyId &&
      policy(
        model,
        'AWS::CloudFront::OriginRequestPolicy',
        behavior.OriginRequestPolicyId,
        MANAGED_ORIGIN_REQUEST_POLICIES,
        originRequestPolicyFrom,
        where,
      ),
    responseHeadersPolicy:
      behavior.ResponseHeadersPolicyId &&
      policy(
        model,
        'AWS::CloudFront::ResponseHeadersPolicy',
        behavior.ResponseHeadersPolicyId,
        MANAGED_RESPONSE_HEADERS_POLICIES,
        responseHeadersPolicyFrom,
        where,
      ),
    viewerProtocolPolicy: behavior.ViewerProtocolPolicy ?? 'allow-all',
    compress: flag(behavior.Compress),
    functions: functionsFrom(model, behavior.FunctionAssociations, where),
  };
}

/** The policy of the template, or AWS's own, by its id. */
function policy<Policy>(
  model: Model,
  type: string,
  id: string | undefined,
  managed: Readonly<Record<string, Policy>>,
  from: (properties: Properties) => Policy,
  where: string,
): Policy {
  if (id === undefined) throw new Error(`${where} has no ${type}; settings without a policy don't run here`);
  const resource = model.find(type, id);
  const found = resource ? from(resource.properties) : Object.hasOwn(managed, id) ? managed[id] : undefined;
  if (!found) throw new Error(`${where}: no ${type} of the template, and none of AWS's that runs here, has the id '${id}'`);
  return found;
}

function functionsFrom(model: Model, associations: Properties[] | undefined, where: string): ViewerFunctions | undefined {
  if (!associations || associations.length === 0) return undefined;
  const byEvent = (event: string): ViewerFunction | undefined => {
    const arn = associations.find(({ EventType }) => EventType === event)?.FunctionARN;
    return arn === undefined ? undefined : functionFrom(model, arn, where);
  };
  return { viewerRequest: byEvent('viewer-request'), viewerResponse: byEvent('viewer-response') };
}

function functionFrom(model: Model, arn: string, where: string): ViewerFunction {
  const resource = model.find('AWS::CloudFront::Function', arn);
  if (!resource) throw new Error(`${where}: no AWS::CloudFront::Function of the template has the ARN '${arn}'`);
  const { Name: name, FunctionCode: code } = resource.properties;
  const module = /^\s*import\s|\brequire\s*\(/m.exec(code);
  if (module) throw new Error(`${where}: function '${name}' uses a module ('${module[0].trim()}'); functions have none here`);
  return { name, code };
}
