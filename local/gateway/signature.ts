import { decodePart } from './decode';
import { type GatewayRequest, headerValues } from './request';

/**
 * The access key id that a request is signed with, from its `Authorization` header or, in a presigned URL, its query string.
 * The signature itself isn't checked: keys on this machine have no secret.
 */
export function signingKeyId(request: GatewayRequest): string | undefined {
  const header = headerValues(request, 'authorization')[0];
  const credential =
    header === undefined
      ? /(?:^|&)X-Amz-Credential=([^&]+)/.exec(request.queryString)?.[1]
      : /^AWS4-HMAC-SHA256\s.*\bCredential=([^,\s]+)/.exec(header)?.[1];
  return credential === undefined ? undefined : decodePart(credential).split('/')[0];
}
