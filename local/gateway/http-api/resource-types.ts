import type { Environment, Resource, ResourceTypes } from '../../types';
import { idOf } from '../resource-types';

export const httpApiId = (resource: Resource): string => idOf('http-api', resource, 10);
export const integrationId = (resource: Resource): string => idOf('integration', resource, 7);

/** Ids of function URLs have 32 characters. */
export const functionUrlId = (resource: Resource): string => idOf('function-url', resource, 32);

export const httpApiHost = (resource: Resource, { region }: Environment): string =>
  `${httpApiId(resource)}.execute-api.${region}.amazonaws.com`;
export const functionUrlHost = (resource: Resource, { region }: Environment): string =>
  `${functionUrlId(resource)}.lambda-url.${region}.on.aws`;

const FOR_PEOPLE = 'text for people';
const NO_LOG = 'requests are counted, and functions log theirs; there is no access log';
const NO_THROTTLE = 'HTTP APIs have no throttle here; the concurrency of functions bounds them';

/** The CloudFormation types of HTTP APIs and function URLs. */
export const httpApiTypes: ResourceTypes = {
  'AWS::ApiGatewayV2::Api': {
    honours: ['ProtocolType'],
    ignores: {
      Description: FOR_PEOPLE,
      DisableExecuteApiEndpoint: 'the API has one address on this machine',
      IpAddressType: 'local servers listen on 127.0.0.1 only',
      Name: FOR_PEOPLE,
      Tags: FOR_PEOPLE,
      Version: FOR_PEOPLE,
    },
    ref: httpApiId,
    attributes: { ApiId: httpApiId, ApiEndpoint: (resource, environment) => `https://${httpApiHost(resource, environment)}` },
  },
  'AWS::ApiGatewayV2::Integration': {
    honours: ['ApiId', 'IntegrationType', 'IntegrationUri', 'PayloadFormatVersion', 'TimeoutInMillis'],
    ignores: { Description: FOR_PEOPLE, IntegrationMethod: 'a function is always called by POST' },
    ref: integrationId,
    attributes: { IntegrationId: integrationId },
  },
  'AWS::ApiGatewayV2::Route': {
    honours: ['ApiId', 'ApiKeyRequired', 'AuthorizationType', 'RouteKey', 'Target'],
    ignores: { OperationName: FOR_PEOPLE },
    ref: (resource) => idOf('route', resource, 7),
    attributes: { RouteId: (resource) => idOf('route', resource, 7) },
  },
  'AWS::ApiGatewayV2::Stage': {
    honours: ['ApiId', 'StageName', 'StageVariables'],
    ignores: {
      AccessLogSettings: NO_LOG,
      AutoDeploy: 'the routes of the template are those that run',
      DefaultRouteSettings: NO_THROTTLE,
      DeploymentId: 'the routes of the template are those that run',
      Description: FOR_PEOPLE,
      RouteSettings: NO_THROTTLE,
      Tags: FOR_PEOPLE,
    },
    ref: (resource) => resource.properties.StageName,
  },
  'AWS::ApiGatewayV2::Deployment': {
    honours: [],
    ignores: {
      ApiId: 'the routes of the template are those that run',
      Description: FOR_PEOPLE,
      StageName: 'the routes of the template are those that run',
    },
    ref: (resource) => idOf('http-deployment', resource, 6),
    attributes: { DeploymentId: (resource) => idOf('http-deployment', resource, 6) },
  },
  'AWS::Lambda::Url': {
    honours: ['AuthType', 'InvokeMode', 'TargetFunctionArn'],
    ref: functionUrlId,
    attributes: {
      FunctionArn: (resource) => resource.properties.TargetFunctionArn,
      FunctionUrl: (resource, environment) => `https://${functionUrlHost(resource, environment)}/`,
    },
  },
};
