import { distributionKeys } from '../identity';
import type { Model, Resource } from '../types';
import { unknownVariable } from './gateway-responses';
import { functionUrlsFromTemplate, httpApisFromTemplate } from './http-api/from-template';
import { decodeResourcePath } from './method-settings';
import { mockAnswer } from './mock-integration';
import type { GatewayOptions, GatewayResponseOptions, Method, PathResource, RestApi, Stage } from './options';
import { deploymentId, requestValidatorId, resourceId, restApiId, rootResourceId } from './resource-types';

/** API Gateway's default and longest integration timeout, in milliseconds. */
const DEFAULT_TIMEOUT_MILLISECONDS = 29_000;

const BYTES_PER_GIGABYTE = 2 ** 30;

/**
 * Reads every API of the template, and the URLs of functions.
 * @throws {Error} where one can't be served here; the message names the resource and the property.
 */
export function gatewayFromTemplate(model: Model): GatewayOptions {
  return {
    apis: model.resources('AWS::ApiGateway::RestApi').map((resource) => restApi(resource, model)),
    httpApis: httpApisFromTemplate(model),
    functionUrls: functionUrlsFromTemplate(model),
    distributions: distributionKeys(model),
  };
}

function fail(resource: Resource, property: string, rule: string): never {
  throw new Error(`${resource.type} '${resource.logicalId}' of stack '${resource.stack}': '${property}' ${rule}`);
}

/** The resources of a type that belong to the API. */
function ofApi(model: Model, type: string, apiId: string): Resource[] {
  return model.resources(`AWS::ApiGateway::${type}`).filter(({ properties }) => properties.RestApiId === apiId);
}

function restApi(resource: Resource, model: Model): RestApi {
  const id = restApiId(resource);
  return {
    id,
    name: resource.properties.Name ?? resource.logicalId,
    binaryMediaTypes: (resource.properties.BinaryMediaTypes ?? []).map((type: string) => type.replace('~1', '/')),
    root: pathResource({ id: rootResourceId(resource), path: '/', part: '' }, id, model),
    stages: ofApi(model, 'Stage', id).map((stage) => stageOptions(stage, id, model)),
    gatewayResponses: Object.fromEntries(
      ofApi(model, 'GatewayResponse', id).map((each) => [each.properties.ResponseType, gatewayResponseOptions(each)]),
    ),
  };
}

function pathResource(own: Pick<PathResource, 'id' | 'path' | 'part'>, apiId: string, model: Model): PathResource {
  const methods = ofApi(model, 'Method', apiId)
    .filter(({ properties }) => properties.ResourceId === own.id)
    .map((method) => methodOptions(method, own, apiId, model));
  const children = ofApi(model, 'Resource', apiId)
    .filter(({ properties }) => properties.ParentId === own.id)
    .map((child) => {
      const part: string = child.properties.PathPart;
      const path = `${own.path === '/' ? '' : own.path}/${part}`;
      return pathResource({ id: resourceId(child), path, part }, apiId, model);
    });
  return { ...own, children, methods: Object.fromEntries(methods.map((method) => [method.httpMethod, method])) };
}

function methodOptions(resource: Resource, own: { id: string; path: string }, apiId: string, model: Model): Method {
  const { properties } = resource;
  const integration = properties.Integration ?? {};
  const authorization = properties.AuthorizationType ?? 'NONE';
  if (authorization !== 'NONE' && authorization !== 'AWS_IAM') {
    fail(resource, 'AuthorizationType', `must be 'NONE' or 'AWS_IAM', got: '${authorization}'`);
  }
  if (properties.ApiKeyRequired === true) fail(resource, 'ApiKeyRequired', 'must not be true: API keys are not checked here');
  if (integration.Type !== 'AWS_PROXY' && integration.Type !== 'MOCK') {
    fail(resource, 'Integration.Type', `must be 'AWS_PROXY' or 'MOCK', got: '${integration.Type}'`);
  }
  const mock = integration.Type === 'MOCK' ? mockAnswer(resource, fail) : undefined;

  const declared: Record<string, boolean> = properties.RequestParameters ?? {};
  const cacheKeyParameters: string[] = integration.CacheKeyParameters ?? [];
  const undeclared = cacheKeyParameters.find((parameter) => !Object.hasOwn(declared, parameter));
  if (undeclared) {
    fail(
      resource,
      'Integration.CacheKeyParameters',
      `must be declared in 'RequestParameters', as API Gateway demands, got: '${undeclared}'`,
    );
  }
  const validator = ofApi(model, 'RequestValidator', apiId).find(
    (each) => requestValidatorId(each) === properties.RequestValidatorId,
  );
  if (properties.RequestModels && validator?.properties.ValidateRequestBody === true) {
    fail(resource, 'RequestModels', "must not be validated: 'ValidateRequestBody' is not run here");
  }
  return {
    httpMethod: properties.HttpMethod,
    resourceId: own.id,
    resourcePath: own.path,
    authorization,
    ...(mock ? { mock, functionArn: '' } : { functionArn: functionOf(resource) }),
    timeoutMilliseconds: Number(integration.TimeoutInMillis ?? DEFAULT_TIMEOUT_MILLISECONDS),
    requiredParameters:
      validator?.properties.ValidateRequestParameters === true ? Object.keys(declared).filter((name) => declared[name]) : [],
    cacheKeyParameters,
    cacheNamespace: integration.CacheNamespace ?? own.id,
  };
}

/** ARN of the function of a proxy integration. */
function functionOf(resource: Resource): string {
  const { IntegrationHttpMethod, Uri } = resource.properties.Integration;
  if (IntegrationHttpMethod !== 'POST') {
    fail(resource, 'Integration.IntegrationHttpMethod', `must be 'POST' for a function, got: '${IntegrationHttpMethod}'`);
  }
  const arn = /:lambda:path\/2015-03-31\/functions\/([^/]+)\/invocations$/.exec(Uri ?? '')?.[1];
  return arn ?? fail(resource, 'Integration.Uri', `must name a function's invocations, got: '${Uri}'`);
}

function stageOptions(resource: Resource, apiId: string, model: Model): Stage {
  const { properties } = resource;
  if (!ofApi(model, 'Deployment', apiId).some((deployment) => deploymentId(deployment) === properties.DeploymentId)) {
    fail(resource, 'DeploymentId', `must be a deployment of the same API, got: '${properties.DeploymentId}'`);
  }
  const optional = <Out>(value: unknown, convert: (value: unknown) => Out) => (value === undefined ? undefined : convert(value));
  return {
    name: properties.StageName,
    deploymentId: properties.DeploymentId,
    variables: properties.Variables,
    // 0.5 GB is the smallest cluster, and the default.
    cacheBytes:
      properties.CacheClusterEnabled === true ? Number(properties.CacheClusterSize ?? 0.5) * BYTES_PER_GIGABYTE : undefined,
    methodSettings: (properties.MethodSettings ?? []).map((setting: Record<string, unknown>) => ({
      resourcePath: decodeResourcePath(String(setting.ResourcePath ?? '/*')),
      httpMethod: String(setting.HttpMethod ?? '*'),
      cachingEnabled: optional(setting.CachingEnabled, Boolean),
      cacheTtlSeconds: optional(setting.CacheTtlInSeconds, Number),
      throttlingRateLimit: optional(setting.ThrottlingRateLimit, Number),
      throttlingBurstLimit: optional(setting.ThrottlingBurstLimit, Number),
    })),
  };
}

function gatewayResponseOptions(resource: Resource): GatewayResponseOptions {
  const { ResponseParameters = {}, ResponseTemplates = {}, StatusCode } = resource.properties;
  const headers = Object.entries(ResponseParameters as Record<string, string>).map(([parameter, value]) => {
    const name = /^gatewayresponse\.header\.(.+)$/.exec(parameter)?.[1];
    const text = /^'(.*)'$/.exec(value)?.[1];
    if (!name || text === undefined) {
      fail(resource, `ResponseParameters.${parameter}`, `must be a header with a text in single quotes, got: ${value}`);
    }
    return [name, text] as [string, string];
  });
  const template: string | undefined = ResponseTemplates['application/json'];
  const unknown = template === undefined ? undefined : unknownVariable(template);
  if (unknown) fail(resource, 'ResponseTemplates', `must use variables that are known here, got: '${unknown}'`);
  return {
    statusCode: StatusCode === undefined ? undefined : Number(StatusCode),
    headers: Object.fromEntries(headers),
    template,
  };
}
