import type { GatewayResponseOptions } from './options';
import type { GatewayResponse } from './response';

/** API Gateway's own answers: status, message and `x-amzn-ErrorType` of each type, as documented. */
const DEFAULTS = {
  ACCESS_DENIED: [403, 'Forbidden', 'AccessDeniedException'],
  API_CONFIGURATION_ERROR: [500, 'Internal server error', 'InternalServerErrorException'],
  BAD_REQUEST_PARAMETERS: [400, 'Missing required request parameters', 'BadRequestException'],
  // The documented default is 504; for a function that failed, Lambda's guide says 502.
  INTEGRATION_FAILURE: [502, 'Internal server error', 'InternalServerErrorException'],
  INTEGRATION_TIMEOUT: [504, 'Endpoint request timed out', 'InternalServerErrorException'],
  INVALID_SIGNATURE: [403, 'The request signature is invalid.', 'InvalidSignatureException'],
  MISSING_AUTHENTICATION_TOKEN: [403, 'Missing Authentication Token', 'MissingAuthenticationTokenException'],
  REQUEST_TOO_LARGE: [413, 'Request Too Long', 'RequestTooLargeException'],
  UNSUPPORTED_MEDIA_TYPE: [415, 'Unsupported Media Type', 'UnsupportedMediaTypeException'],
  THROTTLED: [429, 'Too Many Requests', 'TooManyRequestsException'],
} as const satisfies Record<string, readonly [number, string, string]>;

export type GatewayResponseType = keyof typeof DEFAULTS;

/** Variables that a template may refer to. */
const VARIABLE = /\$context\.(error\.messageString|error\.message|error\.responseType|requestId)/g;

/**
 * One of API Gateway's own answers, as the API's template changes it.
 * @param context.message in place of the type's default; so with `errorType`.
 */
export function gatewayResponse(
  type: GatewayResponseType,
  custom: Readonly<Record<string, GatewayResponseOptions>>,
  context: { readonly requestId: string; readonly message?: string; readonly errorType?: string },
): GatewayResponse {
  const [status, defaultMessage, errorType] = DEFAULTS[type];
  const options = custom[type] ?? custom[status < 500 ? 'DEFAULT_4XX' : 'DEFAULT_5XX'];
  const message = context.message ?? defaultMessage;
  const values: Record<string, string> = {
    'error.message': message,
    'error.messageString': JSON.stringify(message),
    'error.responseType': type,
    requestId: context.requestId,
  };
  const template = options?.template ?? '{"message":$context.error.messageString}';
  const headers = new Map([
    ['content-type', 'application/json'],
    ['x-amzn-errortype', context.errorType ?? errorType],
  ]);
  for (const [name, value] of Object.entries(options?.headers ?? {})) headers.set(name.toLowerCase(), value);
  return {
    statusCode: options?.statusCode ?? status,
    headers: [...headers],
    body: Buffer.from(template.replace(VARIABLE, (_, name: string) => values[name] ?? '')),
  };
}

/** @returns a reference in the template that isn't filled in, if there is one. */
export function unknownVariable(template: string): string | undefined {
  return /[$#][a-z{][\w.()]*/i.exec(template.replace(VARIABLE, ''))?.[0];
}
