import type { Model, Resource } from '../../types';
import type { FunctionUrl, HttpApi, HttpRoute } from './options';
import { functionUrlHost, functionUrlId, httpApiHost, httpApiId, integrationId } from './resource-types';

/** Longest timeout of an integration of an HTTP API, and its default, in milliseconds. */
const DEFAULT_TIMEOUT_MILLISECONDS = 30_000;

function fail(resource: Resource, property: string, rule: string): never {
  throw new Error(`${resource.type} '${resource.logicalId}' of stack '${resource.stack}': '${property}' ${rule}`);
}

/**
 * Reads every HTTP API of the template.
 * @throws {Error} where one can't be served here; the message names the resource and the property.
 */
export function httpApisFromTemplate(model: Model): HttpApi[] {
  return model.resources('AWS::ApiGatewayV2::Api').map((api) => {
    const { ProtocolType: protocol } = api.properties;
    if (protocol !== 'HTTP') fail(api, 'ProtocolType', `must be 'HTTP', got: '${protocol}'; WebSockets are not run here`);
    const id = httpApiId(api);
    const ofApi = (type: string) =>
      model.resources(`AWS::ApiGatewayV2::${type}`).filter(({ properties }) => properties.ApiId === id);
    const integrations = ofApi('Integration');
    return {
      id,
      host: httpApiHost(api, model.environment),
      stages: new Map(ofApi('Stage').map(({ properties }) => [properties.StageName, properties.StageVariables])),
      routes: ofApi('Route').map((route) => routeFrom(route, integrations)),
    };
  });
}

function routeFrom(route: Resource, integrations: readonly Resource[]): HttpRoute {
  const { AuthorizationType: authorization = 'NONE', ApiKeyRequired: apiKey, RouteKey: key, Target: target } = route.properties;
  if (authorization !== 'NONE' && authorization !== 'AWS_IAM') {
    fail(
      route,
      'AuthorizationType',
      `must be 'NONE' or 'AWS_IAM', got: '${authorization}'; leave the authorizer out where the app's context 'stage' is 'local'`,
    );
  }
  if (apiKey === true || apiKey === 'true') fail(route, 'ApiKeyRequired', 'must not be true: HTTP APIs have no API keys');
  const integration = integrations.find((each) => target === `integrations/${integrationId(each)}`);
  if (!integration) return fail(route, 'Target', `must be an integration of the same API, got: '${target}'`);
  const { IntegrationType: type, IntegrationUri: uri, PayloadFormatVersion: payload = '1.0' } = integration.properties;
  const functionArn = /(?:^|\/)(arn:[\w-]+:lambda:[^/]+:function:[\w-]+)(?::[\w$-]+)?(?:\/invocations)?$/.exec(uri ?? '')?.[1];
  if (type !== 'AWS_PROXY' || functionArn === undefined) {
    fail(integration, 'IntegrationUri', `must be a function, with 'IntegrationType' AWS_PROXY, got: '${uri}' with '${type}'`);
  }
  if (payload !== '1.0' && payload !== '2.0') {
    fail(integration, 'PayloadFormatVersion', `must be '1.0' or '2.0', got: '${payload}'`);
  }
  const timeoutMilliseconds = Number(integration.properties.TimeoutInMillis ?? DEFAULT_TIMEOUT_MILLISECONDS);
  return { key, functionArn, payload, timeoutMilliseconds, iam: authorization === 'AWS_IAM' };
}

/**
 * Reads every function URL of the template.
 * @throws {Error} where one can't be served here; the message names the resource and the property.
 */
export function functionUrlsFromTemplate(model: Model): FunctionUrl[] {
  return model.resources('AWS::Lambda::Url').map((url) => {
    const { AuthType: auth, InvokeMode: mode = 'BUFFERED', TargetFunctionArn: named } = url.properties;
    if (mode !== 'BUFFERED') {
      fail(
        url,
        'InvokeMode',
        `must be 'BUFFERED', got: '${mode}'; responses are not streamed here: make it BUFFERED for 'local'`,
      );
    }
    const fn = model.find('AWS::Lambda::Function', named);
    if (!fn) return fail(url, 'TargetFunctionArn', `must be a function of the template, got: '${named}'`);
    return {
      id: functionUrlId(url),
      host: functionUrlHost(url, model.environment),
      functionArn: model.attribute(fn, 'Arn'),
      iam: auth === 'AWS_IAM',
    };
  });
}
