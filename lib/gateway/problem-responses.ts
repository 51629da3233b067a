import * as apigateway from 'aws-cdk-lib/aws-apigateway';
import type { CachedApiCors } from './cached-api-props';
import { addNoSuchPath } from './own-answers';

/** Gives the responses that API Gateway generates the same form as those of the functions (RFC 9457). */
export function addProblemResponses(restApi: apigateway.RestApi, cors?: CachedApiCors): void {
  addNoSuchPath(restApi.root);
  // A script sees no status of an answer without it.
  const responseHeaders = {
    'Content-Type': "'application/problem+json'",
    ...(cors && { 'Access-Control-Allow-Origin': `'${cors.origin}'` }),
  };
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
  // To whoever doesn't sign what must be signed; paths and methods that nobody declared are answered elsewhere. The id is of the
  // time before that: under another one, CloudFormation would delete the response when it has made it.
  restApi.addGatewayResponse('NoSuchPath', {
    type: apigateway.ResponseType.MISSING_AUTHENTICATION_TOKEN,
    statusCode: '403',
    templates: { 'application/json': JSON.stringify(UNSIGNED) },
    responseHeaders,
  });
}

const UNSIGNED = {
  type: 'about:blank',
  title: 'Forbidden',
  status: 403,
  detail: 'the request must be signed with Signature Version 4, by somebody who may call this API',
};
