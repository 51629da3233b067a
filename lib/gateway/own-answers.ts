import { Lazy } from 'aws-cdk-lib';
import * as apigateway from 'aws-cdk-lib/aws-apigateway';

const DETAIL = 'the methods of this path are those of the header Allow';

const BODY = JSON.stringify({ type: 'about:blank', title: 'Method Not Allowed', status: 405, detail: DETAIL });

/**
 * Has the gateway itself answer every method of a resource that isn't declared, with 405 and the methods that are: no function
 * sees it. Without it API Gateway answers as for a path that isn't there. A body of another media type than JSON is refused with
 * 415.
 *
 * @param allowed methods of the resource, when all are declared.
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/how-to-mock-integration.html
 */
export function addMethodNotAllowed(resource: apigateway.IResource, allowed: () => readonly string[]): void {
  const headers = {
    Allow: Lazy.string({ produce: () => `'${allowed().join(', ')}'` }),
    'Cache-Control': "'no-store'",
    'Content-Type': "'application/problem+json'",
  };
  const named = Object.entries(headers).map(([name, value]) => [`method.response.header.${name}`, value] as const);
  const integration = new apigateway.MockIntegration({
    passthroughBehavior: apigateway.PassthroughBehavior.NEVER,
    requestTemplates: { 'application/json': '{"statusCode":405}' },
    integrationResponses: [
      { statusCode: '405', responseParameters: Object.fromEntries(named), responseTemplates: { 'application/json': BODY } },
    ],
  });
  resource.addMethod('ANY', integration, {
    authorizationType: apigateway.AuthorizationType.NONE,
    methodResponses: [{ statusCode: '405', responseParameters: Object.fromEntries(named.map(([name]) => [name, true])) }],
  });
}
