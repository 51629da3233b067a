import type { Method, PathResource, RestApi, Stage } from '../../local/gateway';
import type { GatewayRequest } from '../../local/gateway/request';

/** A method with defaults: open, not validated, nothing in its cache key. */
export function method(resourcePath: string, httpMethod: string, rest: Partial<Method> = {}): Method {
  return {
    httpMethod,
    resourceId: resourcePath,
    resourcePath,
    authorization: 'NONE',
    functionArn: 'arn:aws:lambda:eu-west-1:000000000000:function:things',
    timeoutMilliseconds: 29_000,
    requiredParameters: [],
    cacheKeyParameters: [],
    cacheNamespace: resourcePath,
    ...rest,
  };
}

/** The tree of these paths; a path may be listed for each of its methods. */
export function tree(methods: readonly Method[]): PathResource {
  const node = (path: string, part: string): PathResource => {
    const below = path === '/' ? '/' : `${path}/`;
    const parts = new Set(
      methods
        .filter(({ resourcePath }) => resourcePath.startsWith(below) && resourcePath !== path)
        .map(({ resourcePath }) => resourcePath.slice(below.length).split('/')[0] as string),
    );
    return {
      id: path,
      path,
      part,
      children: [...parts].map((child) => node(below + child, child)),
      methods: Object.fromEntries(methods.filter((each) => each.resourcePath === path).map((each) => [each.httpMethod, each])),
    };
  };
  return node('/', '');
}

/** A stage with a cache cluster and no settings. */
export function stage(rest: Partial<Stage> = {}): Stage {
  return {
    name: 'live',
    deploymentId: 'dep123',
    variables: undefined,
    cacheBytes: 2 ** 29,
    methodSettings: [],
    ...rest,
  };
}

/** An API with one stage. */
export function restApi(methods: readonly Method[], rest: Partial<RestApi> = {}): RestApi {
  return {
    id: 'abc123def4',
    name: 'Api',
    binaryMediaTypes: [],
    root: tree(methods),
    stages: [stage()],
    gatewayResponses: {},
    ...rest,
  };
}

/** A request as a stage gets it. */
export function request(httpMethod: string, target: string, headers: Record<string, string> = {}, body = ''): GatewayRequest {
  const [path = '/', queryString = ''] = target.split('?');
  const lower = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
  const sent = { method: httpMethod, path, queryString, headers: lower, body: Buffer.from(body) };
  return { httpMethod, path, queryString, headers: Object.entries(headers), body: sent.body, sourceIp: '203.0.113.7', sent };
}
