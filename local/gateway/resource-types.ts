import { createHash } from 'node:crypto';
import type { Resource, ResourceTypes } from '../types';

const LETTERS = '0123456789abcdefghijklmnopqrstuvwxyz';

/**
 * An id as API Gateway makes them, but the same in every run: lower case letters and digits from the resource's place in the
 * template.
 */
export function idOf(kind: string, resource: Resource, length: number): string {
  const digest = createHash('sha256').update(`${kind}:${resource.stack}/${resource.logicalId}`).digest();
  return [...digest.subarray(0, length)].map((byte) => LETTERS[byte % LETTERS.length]).join('');
}

/** Id of a REST API: the first label of its host name. */
export const restApiId = (resource: Resource): string => idOf('api', resource, 10);

/** Id of the resource `/` that every REST API has. */
export const rootResourceId = (restApi: Resource): string => idOf('root', restApi, 10);

/** Id of any other resource. */
export const resourceId = (resource: Resource): string => idOf('resource', resource, 6);

export const deploymentId = (resource: Resource): string => idOf('deployment', resource, 6);

export const requestValidatorId = (resource: Resource): string => idOf('validator', resource, 6);

const id = (kind: string) => (resource: Resource) => idOf(kind, resource, 10);

const FOR_PEOPLE = 'text for people';
const NO_KEYS = 'a method that requires an API key stops the start, so no request is counted';
const PROXY = 'a proxy integration passes requests and responses through';

/** The CloudFormation types of this product. */
export const types: ResourceTypes = {
  'AWS::ApiGateway::RestApi': {
    honours: ['BinaryMediaTypes', 'Name'],
    ignores: {
      Description: FOR_PEOPLE,
      EndpointConfiguration: 'the API has one address on this machine',
      FailOnWarnings: 'concerns imports',
      Tags: FOR_PEOPLE,
    },
    ref: restApiId,
    attributes: { RestApiId: restApiId, RootResourceId: rootResourceId },
  },
  'AWS::ApiGateway::Resource': {
    honours: ['ParentId', 'PathPart', 'RestApiId'],
    ref: resourceId,
    attributes: { ResourceId: resourceId },
  },
  'AWS::ApiGateway::Method': {
    honours: [
      'ApiKeyRequired',
      'AuthorizationType',
      'HttpMethod',
      'Integration.CacheKeyParameters',
      'Integration.CacheNamespace',
      'Integration.IntegrationHttpMethod',
      'Integration.IntegrationResponses.ResponseParameters',
      'Integration.IntegrationResponses.ResponseTemplates',
      'Integration.IntegrationResponses.StatusCode',
      'Integration.PassthroughBehavior',
      'Integration.RequestTemplates',
      'Integration.TimeoutInMillis',
      'Integration.Type',
      'Integration.Uri',
      'RequestModels',
      'RequestParameters',
      'RequestValidatorId',
      'ResourceId',
      'RestApiId',
    ],
    ignores: {
      'Integration.ContentHandling': PROXY,
      'Integration.RequestParameters': PROXY,
      MethodResponses: PROXY,
      OperationName: FOR_PEOPLE,
    },
    ref: id('method'),
  },
  'AWS::ApiGateway::Deployment': {
    honours: ['RestApiId'],
    ignores: { Description: FOR_PEOPLE },
    ref: deploymentId,
    attributes: { DeploymentId: deploymentId },
  },
  'AWS::ApiGateway::Stage': {
    honours: [
      'CacheClusterEnabled',
      'CacheClusterSize',
      'DeploymentId',
      'MethodSettings.CacheTtlInSeconds',
      'MethodSettings.CachingEnabled',
      'MethodSettings.HttpMethod',
      'MethodSettings.ResourcePath',
      'MethodSettings.ThrottlingBurstLimit',
      'MethodSettings.ThrottlingRateLimit',
      'RestApiId',
      'StageName',
      'Variables',
    ],
    ignores: {
      AccessLogSetting: 'requests are counted, and functions log theirs; there is no access log',
      ClientCertificateId: 'concerns back ends other than functions',
      Description: FOR_PEOPLE,
      DocumentationVersion: FOR_PEOPLE,
      'MethodSettings.CacheDataEncrypted': 'the cache is in memory',
      'MethodSettings.DataTraceEnabled': 'there is no execution log',
      'MethodSettings.LoggingLevel': 'there is no execution log',
      'MethodSettings.MetricsEnabled': 'cache metrics are always counted',
      Tags: FOR_PEOPLE,
      TracingEnabled: 'there is no X-Ray',
    },
    ref: (resource) => resource.properties.StageName,
  },
  'AWS::ApiGateway::Account': {
    honours: [],
    ignores: { CloudWatchRoleArn: 'there is no execution log' },
    ref: id('account'),
    attributes: { Id: id('account') },
  },
  'AWS::ApiGateway::RequestValidator': {
    honours: ['RestApiId', 'ValidateRequestBody', 'ValidateRequestParameters'],
    ignores: { Name: FOR_PEOPLE },
    ref: requestValidatorId,
    attributes: { RequestValidatorId: requestValidatorId },
  },
  'AWS::ApiGateway::Model': {
    honours: [],
    ignores: {
      ContentType: 'a method that validates bodies stops the start',
      Description: FOR_PEOPLE,
      Name: FOR_PEOPLE,
      RestApiId: 'a method that validates bodies stops the start',
      Schema: 'a method that validates bodies stops the start',
    },
    ref: (resource) => resource.properties.Name ?? idOf('model', resource, 10),
  },
  'AWS::ApiGateway::GatewayResponse': {
    honours: ['ResponseParameters', 'ResponseTemplates', 'ResponseType', 'RestApiId', 'StatusCode'],
    ref: id('gateway-response'),
    attributes: { Id: id('gateway-response') },
  },
  'AWS::ApiGateway::UsagePlan': {
    honours: [],
    ignores: {
      ApiStages: NO_KEYS,
      Description: FOR_PEOPLE,
      Quota: NO_KEYS,
      Tags: FOR_PEOPLE,
      Throttle: NO_KEYS,
      UsagePlanName: FOR_PEOPLE,
    },
    ref: id('usage-plan'),
    attributes: { Id: id('usage-plan') },
  },
  'AWS::ApiGateway::UsagePlanKey': {
    honours: [],
    ignores: { KeyId: NO_KEYS, KeyType: NO_KEYS, UsagePlanId: NO_KEYS },
    ref: id('usage-plan-key'),
    attributes: { Id: id('usage-plan-key') },
  },
  'AWS::ApiGateway::ApiKey': {
    honours: [],
    ignores: {
      Description: FOR_PEOPLE,
      Enabled: NO_KEYS,
      GenerateDistinctId: NO_KEYS,
      Name: FOR_PEOPLE,
      StageKeys: NO_KEYS,
      Tags: FOR_PEOPLE,
      Value: NO_KEYS,
    },
    ref: id('api-key'),
    attributes: { APIKeyId: id('api-key') },
  },
};
