import type { Caller } from '../types';
import { decodePart } from './decode';
import type { Method, RestApi, Stage } from './options';
import { type GatewayRequest, headerValues, queryValues } from './request';
import { requestTime } from './request-time';
import { isBinary } from './response';

/** Stage, method and time of a request. */
export interface RequestContext {
  readonly account: string;
  readonly region: string;
  readonly api: RestApi;
  readonly stage: Stage;
  readonly method: Method;
  /** Path parameters as sent, by name. */
  readonly pathParameters: Readonly<Record<string, string>>;
  readonly requestId: string;
  readonly extendedRequestId: string;
  /** Epoch milliseconds. */
  readonly time: number;
  /** Signer of the request, where the method needs one. */
  readonly signer: { readonly accessKeyId: string; readonly caller: Caller } | undefined;
}

/** Headers that end at the gateway. */
const HOP_BY_HOP = new Set(['connection', 'expect', 'keep-alive', 'te', 'trailer', 'transfer-encoding', 'upgrade']);

/** The event of a Lambda proxy integration of a REST API (payload format 1.0). */
export function proxyEvent(request: GatewayRequest, context: RequestContext) {
  const { method, stage } = context;
  const headers = eventHeaders(request, context);
  const query = queryValues(request.queryString);
  const parameters = Object.entries(context.pathParameters);
  const binary = isBinary(headerValues(request, 'content-type')[0], context.api.binaryMediaTypes);
  return {
    resource: method.resourcePath,
    path: request.path,
    httpMethod: request.httpMethod,
    headers: Object.fromEntries(headers.map(([name, values]) => [name, values.at(-1)])),
    multiValueHeaders: Object.fromEntries(headers),
    queryStringParameters: query.size > 0 ? Object.fromEntries([...query].map(([name, values]) => [name, values.at(-1)])) : null,
    multiValueQueryStringParameters: query.size > 0 ? Object.fromEntries(query) : null,
    pathParameters:
      parameters.length > 0 ? Object.fromEntries(parameters.map(([name, value]) => [name, decodePart(value)])) : null,
    stageVariables: stage.variables ?? null,
    requestContext: requestContext(request, context),
    body: request.body.length > 0 ? request.body.toString(binary ? 'base64' : 'utf8') : null,
    isBase64Encoded: request.body.length > 0 && binary,
  };
}

/** Headers with all their values, under the name of the first, and those that the gateway adds. */
function eventHeaders(request: GatewayRequest, { requestId, method }: RequestContext): [name: string, values: string[]][] {
  const headers = new Map<string, [name: string, values: string[]]>();
  for (const [name, value] of request.headers) {
    const key = name.toLowerCase();
    if (HOP_BY_HOP.has(key) || (key === 'authorization' && isDropped(value, method))) continue;
    const known = headers.get(key);
    if (known) known[1].push(value);
    else headers.set(key, [name, [value]]);
  }
  const forwarded = headers.get('x-forwarded-for')?.[1] ?? [];
  headers.set('x-forwarded-for', ['X-Forwarded-For', [[...forwarded, request.sourceIp].join(', ')]]);
  headers.set('x-forwarded-port', ['X-Forwarded-Port', ['443']]);
  headers.set('x-forwarded-proto', ['X-Forwarded-Proto', ['https']]);
  headers.set('x-amzn-trace-id', ['X-Amzn-Trace-Id', [traceIdOf(request, requestId)]]);
  return [...headers.values()];
}

/**
 * True for an `Authorization` that doesn't reach the integration: one with a signature of AWS's, and any of a method with IAM
 * authorization.
 *
 * @see
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-known-issues.html#api-gateway-known-issues-rest-apis
 */
function isDropped(authorization: string, method: Method): boolean {
  return method.authorization === 'AWS_IAM' || /^AWS4-/.test(authorization);
}

function requestContext(request: GatewayRequest, context: RequestContext) {
  const { api, stage, method, signer } = context;
  const domainPrefix = api.id;
  return {
    accountId: context.account,
    apiId: api.id,
    deploymentId: stage.deploymentId,
    domainName: `${api.id}.execute-api.${context.region}.amazonaws.com`,
    domainPrefix,
    extendedRequestId: context.extendedRequestId,
    httpMethod: request.httpMethod,
    identity: {
      accessKey: signer?.accessKeyId ?? null,
      accountId: signer ? context.account : null,
      caller: signer?.accessKeyId ?? null,
      cognitoAuthenticationProvider: null,
      cognitoAuthenticationType: null,
      cognitoIdentityId: null,
      cognitoIdentityPoolId: null,
      principalOrgId: null,
      sourceIp: request.sourceIp,
      user: signer?.accessKeyId ?? null,
      userAgent: headerValues(request, 'user-agent')[0] ?? null,
      userArn: signer?.caller.roleArn ?? null,
    },
    path: `/${stage.name}${request.path}`,
    protocol: 'HTTP/1.1',
    requestId: context.requestId,
    requestTime: requestTime(context.time),
    requestTimeEpoch: context.time,
    resourceId: method.resourceId,
    resourcePath: method.resourcePath,
    stage: stage.name,
  };
}

/** The caller's trace, or one in X-Ray's form that is made of the request's id. */
export function traceIdOf(request: Pick<GatewayRequest, 'headers'>, requestId: string): string {
  const given = request.headers.find(([name]) => name.toLowerCase() === 'x-amzn-trace-id')?.[1];
  if (given !== undefined) return given;
  const hex = requestId.replaceAll('-', '');
  return `Root=1-${hex.slice(0, 8)}-${hex.slice(8, 32)}`;
}
