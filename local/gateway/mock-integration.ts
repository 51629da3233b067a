import type { Resource } from '../types';
import type { IntegrationResponse } from './response';

/** Media type whose template a request without one takes. */
const JSON_TYPE = 'application/json';

/**
 * Reads a mock integration whose request template names a status and whose response for it is of constants.
 *
 * @throws by `fail`, where it is another kind of mock, which isn't run here.
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/how-to-mock-integration.html
 */
export function mockAnswer(
  resource: Resource,
  fail: (resource: Resource, property: string, rule: string) => never,
): IntegrationResponse {
  const { PassthroughBehavior, RequestTemplates = {}, IntegrationResponses = [] } = resource.properties.Integration;
  if (PassthroughBehavior !== 'NEVER') {
    fail(resource, 'Integration.PassthroughBehavior', `must be 'NEVER' for a mock here, got: '${PassthroughBehavior}'`);
  }
  const status = /^\s*\{\s*"statusCode"\s*:\s*(\d{3})\s*\}\s*$/.exec(RequestTemplates[JSON_TYPE] ?? '')?.[1];
  if (!status)
    fail(resource, 'Integration.RequestTemplates', `must be of ${JSON_TYPE} and name a status, such as {"statusCode":405}`);
  const found = IntegrationResponses.find(({ StatusCode }: { StatusCode: unknown }) => String(StatusCode) === status);
  if (!found) fail(resource, 'Integration.IntegrationResponses', `must have a response of status ${status}, got: none`);
  const body: string = found.ResponseTemplates?.[JSON_TYPE] ?? '';
  if (/[$#]/.test(body)) fail(resource, 'Integration.IntegrationResponses', `must be of text without variables, got: ${body}`);
  const headers = Object.entries((found.ResponseParameters ?? {}) as Record<string, string>).map(([parameter, value]) => {
    const name = /^method\.response\.header\.(.+)$/.exec(parameter)?.[1];
    const text = /^'(.*)'$/.exec(value)?.[1];
    if (!name || text === undefined) {
      fail(
        resource,
        'Integration.IntegrationResponses',
        `must have headers with texts in single quotes, got: ${parameter} ${value}`,
      );
    }
    return [name, text] as [string, string];
  });
  return { statusCode: Number(status), headers, body: Buffer.from(body) };
}

/** True for a request that a mock without a template for its media type refuses: one with a body of another type than JSON. */
export function isUnsupported(contentType: string | undefined): boolean {
  return contentType !== undefined && contentType.split(';')[0]?.trim().toLowerCase() !== JSON_TYPE;
}
