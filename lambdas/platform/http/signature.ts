import {
  type AwsCredentials,
  basicTime,
  type SignatureScope,
  type SignedParts,
  scopeText,
  signatureV4,
} from '../../runtime/shared/signature-v4';

/** Credentials of the signer. */
export type Credentials = AwsCredentials;

/** Headers that sign a request, by Signature Version 4: a GET without a body, unless `parts` says otherwise. */
export function signedHeaders(url: URL, scope: SignatureScope, parts: SignedParts = {}): Record<string, string> {
  const { accessKeyId, sessionToken } = scope.credentials;
  const sent: Record<string, string> = {
    'x-amz-date': basicTime(scope.now),
    ...(sessionToken && { 'x-amz-security-token': sessionToken }),
  };
  const headers = { host: url.host, ...sent };
  const names = Object.keys(headers).sort().join(';');
  const signature = signatureV4(url, headers, scope, parts);
  return {
    ...sent,
    authorization: `AWS4-HMAC-SHA256 Credential=${accessKeyId}/${scopeText(scope)}, SignedHeaders=${names}, Signature=${signature}`,
  };
}
