import * as apigateway from 'aws-cdk-lib/aws-apigateway';

/** Gives the responses that API Gateway generates the same form as those of the functions (RFC 9457). */
export function addProblemResponses(restApi: apigateway.RestApi): void {
  const responseHeaders = { 'Content-Type': "'application/problem+json'" };
  const anyError = { 'application/json': '{"type":"about:blank","title":$context.error.messageString}' };
  restApi.addGatewayResponse('ClientError', {
    type: apigateway.ResponseType.DEFAULT_4XX,
    templates: anyError,
    responseHeaders,
  });
  restApi.addGatewayResponse('ServerError', {
    type: apigateway.ResponseType.DEFAULT_5XX,
    templates: anyError,
    responseHeaders,
  });
  restApi.addGatewayResponse('MissingParameters', {
    type: apigateway.ResponseType.BAD_REQUEST_PARAMETERS,
    templates: {
      'application/json': '{"type":"about:blank","title":"Bad Request","status":400,"detail":$context.error.messageString}',
    },
    responseHeaders,
  });
  // API Gateway's type of response to a path that no resource has; its status is 403 by default.
  restApi.addGatewayResponse('NoSuchPath', {
    type: apigateway.ResponseType.MISSING_AUTHENTICATION_TOKEN,
    statusCode: '404',
    templates: { 'application/json': '{"type":"about:blank","title":"Not Found","status":404}' },
    responseHeaders,
  });
}
