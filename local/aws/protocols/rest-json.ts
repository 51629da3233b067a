import { own } from '../../own';
import { fromJson, toJson } from './json';
import type { Protocol, WireRequest } from './protocol';
import { match, type RestRoute } from './rest-path';

interface JsonRoute extends RestRoute {
  readonly status: number;
  /** Members of the input from headers, query and body, besides the labels. */
  readonly input?: (request: WireRequest) => Record<string, unknown>;
  /** Response of an operation whose body isn't its whole output as JSON. */
  // biome-ignore lint/suspicious/noExplicitAny: output in the SDK's shape
  readonly output?: (output: any) => { status?: number; headers?: Record<string, string>; body: string | Uint8Array };
}

const ROUTES: Readonly<Record<string, Readonly<Record<string, JsonRoute>>>> = {
  apigateway: {
    FlushStageCache: {
      method: 'DELETE',
      path: '/restapis/{restApiId}/stages/{stageName}/cache/data',
      status: 202,
      output: () => ({ body: '' }),
    },
    UpdateStage: {
      method: 'PATCH',
      path: '/restapis/{restApiId}/stages/{stageName}',
      status: 200,
      input: ({ body }) => fromJson(body) as Record<string, unknown>,
    },
  },
  lambda: {
    // With and without a slash at the end, as clients write it.
    ListFunctions: { method: 'GET', path: '/2015-03-31/functions', status: 200 },
    Invoke: {
      method: 'POST',
      path: '/2015-03-31/functions/{FunctionName}/invocations',
      status: 200,
      input: ({ headers, query, body }) => ({
        InvocationType: headers['x-amz-invocation-type'] ?? 'RequestResponse',
        ...(query.get('Qualifier') && { Qualifier: query.get('Qualifier') }),
        Payload: body,
      }),
      output: ({ StatusCode, ExecutedVersion, FunctionError, Payload }) => ({
        status: StatusCode,
        headers: {
          ...(ExecutedVersion && { 'x-amz-executed-version': ExecutedVersion }),
          ...(FunctionError && { 'x-amz-function-error': FunctionError }),
        },
        body: Payload ?? '',
      }),
    },
  },
};

/** REST-JSON: labels in the path, JSON in the body. API Gateway, Lambda. */
export const restJson: Protocol = {
  parse(request, service) {
    const { operation, route, labels } = match(own(ROUTES, service) ?? {}, request, service);
    // Labels win: they are what the path, and so the caller's policies, are about.
    return { operation, input: () => ({ ...route.input?.(request), ...labels }) };
  },
  success(operation, output, requestId, service) {
    const route = ROUTES[service]![operation]!;
    const { status, headers, body } = route.output?.(output ?? {}) ?? {
      status: undefined,
      headers: {},
      body: toJson(output ?? {}),
    };
    return {
      status: status ?? route.status,
      headers: { 'content-type': 'application/json', 'x-amzn-requestid': requestId, ...headers },
      body,
    };
  },
  failure({ code, message, statusCode }, requestId) {
    return {
      status: statusCode,
      headers: { 'content-type': 'application/json', 'x-amzn-requestid': requestId, 'x-amzn-errortype': code },
      body: toJson({ message, Message: message, __type: code }),
    };
  },
};
