import { createHash } from 'node:crypto';
import { type AwsCredentials, basicTime, scopeText, signatureV4 } from '../runtime/shared/signature-v4';
import type { SiteBucket } from './deploy-site';

/** Options of {@link s3Bucket}. */
export interface S3BucketOptions {
  readonly name: string;
  readonly region: string;
  readonly credentials: AwsCredentials;
  /** Base URL of the API. @default - AWS's own */
  readonly endpointUrl?: string | undefined;
  /** @default - global fetch */
  readonly fetch?: typeof fetch;
  /** Time before a failed request is sent again for the first time, in milliseconds; doubled each time. @default 200 */
  readonly retryMs?: number;
}

/** Times that a request is sent where S3 is busy, fails, or isn't reached; each of them may be repeated. */
const ATTEMPTS = 5;

/**
 * A bucket, by the three requests that a site needs: a client of S3 for them is a tenth of the SDK's.
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html
 */
export function s3Bucket(options: S3BucketOptions): SiteBucket {
  const { name, region, endpointUrl, retryMs = 200 } = options;
  const base = endpointUrl === undefined ? `https://${name}.s3.${region}.amazonaws.com` : `${endpointUrl}/${name}`;
  const request = async (method: string, key: string, body?: Buffer, headers: Readonly<Record<string, string>> = {}) => {
    const url = new URL(`${base}/${key.split('/').map(encode).join('/')}`);
    for (let attempt = 1; ; attempt++) {
      const problem = await send(options, method, url, body, headers);
      if (problem instanceof Response) return problem;
      if (attempt === ATTEMPTS) throw new Error(`${method} of '${key}' in bucket '${name}' failed: ${problem.message}`);
      await new Promise((resolve) => setTimeout(resolve, retryMs * 2 ** (attempt - 1) * (0.5 + Math.random() / 2)));
    }
  };
  const checked = async (response: Response, what: string): Promise<Response> => {
    if (response.ok) return response;
    const code = /<Code>([^<]*)<\/Code>/.exec(await response.text())?.[1] ?? 'no code';
    throw new Error(`${what} in bucket '${name}' was answered ${response.status}, ${code}`);
  };
  return {
    async get(key) {
      const response = await request('GET', key);
      if (response.status === 404) return undefined;
      return Buffer.from(await (await checked(response, `GET of '${key}'`)).arrayBuffer());
    },
    async put(key, body, headers) {
      await checked(await request('PUT', key, body, headers), `PUT of '${key}'`);
    },
    async delete(key) {
      await checked(await request('DELETE', key), `DELETE of '${key}'`);
    },
  };
}

/** @returns the error where the request is to be sent again. */
async function send(
  { region, credentials, fetch: get = fetch }: S3BucketOptions,
  method: string,
  url: URL,
  body: Buffer | undefined,
  headers: Readonly<Record<string, string>>,
): Promise<Response | Error> {
  const scope = { credentials, region, service: 's3', now: new Date() };
  const bodyHash = createHash('sha256')
    .update(body ?? '')
    .digest('hex');
  const { accessKeyId, sessionToken } = credentials;
  const sent: Record<string, string> = {
    ...headers,
    'x-amz-content-sha256': bodyHash,
    'x-amz-date': basicTime(scope.now),
    ...(sessionToken && { 'x-amz-security-token': sessionToken }),
  };
  const signed = { host: url.host, ...sent };
  const signature = signatureV4(url, signed, scope, { method, path: url.pathname, bodyHash });
  const names = Object.keys(signed).sort().join(';');
  const authorization = `AWS4-HMAC-SHA256 Credential=${accessKeyId}/${scopeText(scope)}, SignedHeaders=${names}, Signature=${signature}`;
  try {
    const response = await get(url, { method, headers: { ...sent, authorization }, body });
    if (response.status !== 429 && response.status < 500) return response;
    return new Error(`it was answered ${response.status}`);
  } catch (error) {
    return error as Error;
  }
}

/** Percent-encoding of a key's part as S3 signs it: also what `encodeURIComponent` leaves alone. */
const encode = (text: string): string =>
  encodeURIComponent(text).replace(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`);
