import { type GatewayRequest, headerValues, queryValues } from '../request';
import { requestTime } from '../request-time';
import type { GatewayResponse } from '../response';

/** Facts of a request that its event states besides what was sent. */
export interface EventContext {
  readonly account: string;
  readonly apiId: string;
  readonly domainName: string;
  readonly routeKey: string;
  readonly stage: string;
  readonly stageVariables?: Readonly<Record<string, string>>;
  readonly pathParameters: Readonly<Record<string, string>>;
  /** Path with the stage where it isn't `$default`. */
  readonly rawPath: string;
  readonly requestId: string;
  readonly time: number;
  /** Signer of a request that needs one. */
  readonly signer?: { readonly accessKey: string; readonly userArn: string | null };
}

/** Types that are text; bodies of others are base64. */
const TEXT = /^(text\/|application\/(json|xml|javascript)\b|application\/[\w.-]+\+(json|xml)\b)/i;

/** Headers by name in lower case, those of one name joined. */
function joinedHeaders(request: GatewayRequest, without: readonly string[] = []): Record<string, string> {
  const joined = new Map<string, string>();
  for (const [name, value] of request.headers) {
    const key = name.toLowerCase();
    if (without.includes(key)) continue;
    const before = joined.get(key);
    joined.set(key, before === undefined ? value : `${before},${value}`);
  }
  return Object.fromEntries(joined);
}

function bodyOf(request: GatewayRequest): { body?: string; isBase64Encoded: boolean } {
  if (request.body.length === 0) return { isBase64Encoded: false };
  const isText = TEXT.test(headerValues(request, 'content-type')[0] ?? '');
  return { body: request.body.toString(isText ? 'utf8' : 'base64'), isBase64Encoded: !isText };
}

const orAbsent = <T extends object>(name: string, members: T) => (Object.keys(members).length > 0 ? { [name]: members } : {});

/**
 * Event in the payload format 2.0, of HTTP APIs and function URLs.
 *
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
 */
export function payload2(request: GatewayRequest, context: EventContext): object {
  const {
    account,
    apiId,
    domainName,
    routeKey,
    stage,
    stageVariables = {},
    pathParameters,
    rawPath,
    requestId,
    time,
    signer,
  } = context;
  const cookies = headerValues(request, 'cookie').flatMap((header) => header.split(/;\s*/));
  const query = [...queryValues(request.queryString)].map(([name, values]) => [name, values.join(',')]);
  return {
    version: '2.0',
    routeKey,
    rawPath,
    rawQueryString: request.queryString,
    ...(cookies.length > 0 && { cookies }),
    headers: joinedHeaders(request, ['cookie']),
    ...orAbsent('queryStringParameters', Object.fromEntries(query)),
    requestContext: {
      accountId: signer || stage !== '$default' ? account : 'anonymous',
      apiId,
      ...(signer && {
        authorizer: {
          iam: { accessKey: signer.accessKey, accountId: account, callerId: null, userArn: signer.userArn, userId: null },
        },
      }),
      domainName,
      domainPrefix: apiId,
      http: {
        method: request.httpMethod,
        path: rawPath,
        protocol: 'HTTP/1.1',
        sourceIp: request.sourceIp,
        userAgent: headerValues(request, 'user-agent')[0] ?? '',
      },
      requestId,
      routeKey,
      stage,
      time: requestTime(time),
      timeEpoch: time,
    },
    ...orAbsent('pathParameters', { ...pathParameters }),
    ...orAbsent('stageVariables', stageVariables),
    ...bodyOf(request),
  };
}

/** Event in the payload format 1.0 of HTTP APIs, which is that of REST APIs but for names of headers in lower case. */
export function payload1(request: GatewayRequest, context: EventContext): object {
  const {
    account,
    apiId,
    domainName,
    routeKey,
    stage,
    stageVariables = null,
    pathParameters,
    rawPath,
    requestId,
    time,
  } = context;
  const query = [...queryValues(request.queryString)];
  const headers = joinedHeaders(request);
  const { body = null, isBase64Encoded } = bodyOf(request);
  const resource = routeKey.split(' ')[1] ?? routeKey;
  const identity = { sourceIp: request.sourceIp, userAgent: headerValues(request, 'user-agent')[0] ?? null };
  return {
    version: '1.0',
    resource,
    path: rawPath,
    httpMethod: request.httpMethod,
    headers,
    multiValueHeaders: Object.fromEntries(Object.keys(headers).map((name) => [name, headerValues(request, name)])),
    queryStringParameters: query.length > 0 ? Object.fromEntries(query.map(([name, values]) => [name, values.at(-1)])) : null,
    multiValueQueryStringParameters: query.length > 0 ? Object.fromEntries(query) : null,
    requestContext: {
      accountId: account,
      apiId,
      domainName,
      domainPrefix: apiId,
      extendedRequestId: requestId,
      httpMethod: request.httpMethod,
      identity,
      path: rawPath,
      protocol: 'HTTP/1.1',
      requestId,
      requestTime: requestTime(time),
      requestTimeEpoch: time,
      resourcePath: resource,
      stage,
    },
    pathParameters: Object.keys(pathParameters).length > 0 ? { ...pathParameters } : null,
    stageVariables,
    body,
    isBase64Encoded,
  };
}

/** Headers that belong to the connection, or are the server's own. */
const DROPPED = ['connection', 'content-length', 'date', 'keep-alive', 'te', 'trailer', 'transfer-encoding', 'upgrade'];

/**
 * The response that a function in format 2.0 means: with a `statusCode` a whole one, else its answer as JSON.
 *
 * @returns undefined where it can't be sent.
 */
export function response2(payload: string, defaultType: string): GatewayResponse | undefined {
  let value: unknown;
  try {
    value = JSON.parse(payload);
  } catch {
    return undefined;
  }
  const isWhole = typeof value === 'object' && value !== null && 'statusCode' in value;
  if (!isWhole) {
    const text = typeof value === 'string' ? value : payload;
    return { statusCode: 200, headers: [['Content-Type', 'application/json']], body: Buffer.from(text) };
  }
  const { statusCode, headers = {}, cookies = [], body = '', isBase64Encoded } = value as Record<string, unknown>;
  const status = Number(statusCode);
  if (!Number.isInteger(status) || status < 200 || status > 599 || !Array.isArray(cookies)) return undefined;
  const given = Object.entries((headers ?? {}) as object)
    .filter(([name]) => !DROPPED.includes(name.toLowerCase()))
    .map(([name, header]): [string, string] => [name, String(header)]);
  if (!given.some(([name]) => name.toLowerCase() === 'content-type')) given.push(['Content-Type', defaultType]);
  const all: [string, string][] = [...given, ...cookies.map((cookie): [string, string] => ['Set-Cookie', String(cookie)])];
  if (!all.every(([name, header]) => /^[\w!#$%&'*+.^`|~-]+$/.test(name) && /^[\t\x20-\x7e\x80-\xff]*$/.test(header)))
    return undefined;
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return { statusCode: status, headers: all, body: Buffer.from(text ?? '', isBase64Encoded === true ? 'base64' : 'utf8') };
}
