import { createHash, createHmac } from 'node:crypto';

/** Credentials of somebody who signs requests to AWS. */
export interface AwsCredentials {
  /** Id of the access key. */
  readonly accessKeyId: string;
  /** Secret of the access key. */
  readonly secretAccessKey: string;
  /**
   * Token of temporary credentials.
   * @default - none, as of a user's own key
   */
  readonly sessionToken?: string | undefined;
}

/** What a signature is for. */
export interface SignatureScope {
  readonly credentials: AwsCredentials;
  readonly region: string;
  /** Signing name of the service, such as `execute-api`. */
  readonly service: string;
  readonly now: Date;
}

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
const hmac = (key: string | Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest();

/** Percent-encoding of RFC 3986: of what `encodeURIComponent` leaves out, too. */
const encode = (text: string): string =>
  encodeURIComponent(text).replace(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`);

/** Time as signatures write it: `YYYYMMDD'T'HHMMSS'Z'`. */
export const basicTime = (now: Date): string => now.toISOString().replace(/[-:]|\.\d{3}/g, '');

/** Scope of a credential: `<day>/<region>/<service>/aws4_request`. */
export const scopeText = ({ region, service, now }: SignatureScope): string =>
  `${basicTime(now).slice(0, 8)}/${region}/${service}/aws4_request`;

/** Query string of a URL as it is signed: encoded, and in order. */
export const canonicalQuery = ({ searchParams }: URL): string =>
  [...searchParams]
    .map(([name, value]) => `${encode(name)}=${encode(value)}`)
    .sort()
    .join('&');

/** Parts of a request that aren't those of a GET without a body. */
export interface SignedParts {
  /** @default 'GET' */
  readonly method?: string;
  /** Path as it is signed. @default - that of the URL, encoded once more, as every service but S3 signs it */
  readonly path?: string;
  /** Hash of the body, in hexadecimal digits. @default - that of no body */
  readonly bodyHash?: string;
}

/**
 * Signature Version 4, in hexadecimal digits.
 *
 * @param headers headers that are signed, by their lower-case names.
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
 */
export function signatureV4(
  url: URL,
  headers: Readonly<Record<string, string>>,
  scope: SignatureScope,
  { method = 'GET', path = url.pathname.split('/').map(encode).join('/'), bodyHash = sha256('') }: SignedParts = {},
): string {
  const names = Object.keys(headers).sort();
  const canonical = [
    method,
    path,
    canonicalQuery(url),
    ...names.map((name) => `${name}:${headers[name]}`),
    '',
    names.join(';'),
    bodyHash,
  ].join('\n');
  const toSign = ['AWS4-HMAC-SHA256', basicTime(scope.now), scopeText(scope), sha256(canonical)].join('\n');
  const [day, ...rest] = scopeText(scope).split('/') as [string, ...string[]];
  const key = rest.reduce<Buffer>(hmac, hmac(`AWS4${scope.credentials.secretAccessKey}`, day));
  return hmac(key, toSign).toString('hex');
}
