import { Duration, Lazy } from 'aws-cdk-lib';
import * as apigateway from 'aws-cdk-lib/aws-apigateway';
import type { CachedApiCors } from './cached-api-props';

/** Answer of the gateway itself, which no function sees. */
interface OwnAnswer {
  readonly status: number;
  /** Body, a problem document. @default - none */
  readonly problem?: { readonly title: string; readonly detail: string };
  /** Headers besides those of every problem document. @default - none */
  readonly headers?: Readonly<Record<string, string>>;
}

/**
 * Has the gateway itself answer every method of a resource that isn't declared, with 405 and the methods that are. Without it API
 * Gateway answers as it does to a request that isn't signed.
 *
 * @param allowed methods of the resource, when all are declared.
 */
export function addMethodNotAllowed(resource: apigateway.IResource, allowed: () => readonly string[]): void {
  addAnswer(resource, {
    status: 405,
    problem: { title: 'Method Not Allowed', detail: 'the methods of this path are those of the header Allow' },
    headers: { Allow: Lazy.string({ produce: () => `'${allowed().join(', ')}'` }) },
  });
}

/**
 * Has the gateway itself answer the question of a browser whether a script of another origin may use a resource.
 *
 * @param allowed methods of the resource, when all are declared.
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/how-to-cors.html
 */
export function addPreflight(resource: apigateway.IResource, cors: CachedApiCors, allowed: () => readonly string[]): void {
  const { origin, headers = ['Authorization', 'Content-Type'], maxAge = Duration.minutes(10) } = cors;
  const preflight = {
    'Access-Control-Allow-Origin': `'${origin}'`,
    'Access-Control-Allow-Methods': Lazy.string({ produce: () => `'${allowed().join(', ')}'` }),
    'Access-Control-Allow-Headers': `'${headers.join(', ')}'`,
    'Access-Control-Max-Age': `'${maxAge.toSeconds()}'`,
  };
  addAnswer(resource, { status: 204, headers: preflight }, 'OPTIONS');
}

/**
 * Has the gateway itself answer every path that isn't declared with 404. Without it API Gateway answers as it does to a request
 * that isn't signed: it has one kind of response for both.
 *
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/supported-gateway-response-types.html, and of the greedy path
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-set-up-simple-proxy.html
 */
export function addNoSuchPath(root: apigateway.IResource): void {
  const answer = { status: 404, problem: { title: 'Not Found', detail: 'there is nothing at this path' } };
  addAnswer(root, answer);
  addAnswer(root.addResource('{path+}'), answer);
}

/**
 * A body of another media type than JSON is refused with 415.
 *
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/how-to-mock-integration.html
 */
function addAnswer(resource: apigateway.IResource, { status, problem, headers = {} }: OwnAnswer, method = 'ANY'): void {
  const all = {
    ...headers,
    'Cache-Control': "'no-store'",
    ...(problem && { 'Content-Type': "'application/problem+json'" }),
  };
  const named = Object.entries(all).map(([name, value]) => [`method.response.header.${name}`, value] as const);
  const body = problem ? JSON.stringify({ type: 'about:blank', title: problem.title, status, detail: problem.detail }) : '';
  const statusCode = String(status);
  const integration = new apigateway.MockIntegration({
    passthroughBehavior: apigateway.PassthroughBehavior.NEVER,
    requestTemplates: { 'application/json': `{"statusCode":${status}}` },
    integrationResponses: [
      { statusCode, responseParameters: Object.fromEntries(named), responseTemplates: { 'application/json': body } },
    ],
  });
  resource.addMethod(method, integration, {
    authorizationType: apigateway.AuthorizationType.NONE,
    methodResponses: [{ statusCode, responseParameters: Object.fromEntries(named.map(([name]) => [name, true])) }],
  });
}
