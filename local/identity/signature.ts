import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { own } from '../own';
import type { Credentials } from '../types';

/** Signature Version 4 of a request, as the request states it. */
export interface Signature {
  readonly accessKeyId: string;
  /** `YYYYMMDD`. */
  readonly date: string;
  readonly region: string;
  /** Signing name of the service, such as `events`. */
  readonly service: string;
  /** Lower case, in the order of signing. */
  readonly signedHeaders: readonly string[];
  /** `YYYYMMDD'T'HHMMSS'Z'`. */
  readonly time: string;
  /** Hex. */
  readonly value: string;
  /** True of a presigned URL, whose signature stands in the query string. */
  readonly presigned: boolean;
  /** Seconds for which a presigned URL is valid, as it states them; NaN where it doesn't. */
  readonly expiresSeconds?: number;
}

/** Parts of a request that a signature covers. */
export interface SignedRequest {
  readonly method: string;
  /** As sent. */
  readonly path: string;
  /** As sent, without the question mark. */
  readonly queryString: string;
  readonly headers: IncomingHttpHeaders;
  /** As sent: compressed, if it was. */
  readonly body: Buffer;
}

const ALGORITHM = 'AWS4-HMAC-SHA256';

/** S3's signing name. It signs paths and bodies otherwise than the rest. */
const S3 = 's3';

const UNSIGNED = 'UNSIGNED-PAYLOAD';

/** Begin of what stands in place of the hash of a body that is sent in chunks. */
const CHUNKED = 'STREAMING-';

/**
 * "In most cases, a request must reach AWS within five minutes of the time stamp in the request."
 *
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv.html
 */
const SKEW_MINUTES = 5;

/** Signature of a request, from its header or, in a presigned URL, its query string; undefined where there is none. */
export function signatureOf({ headers, queryString }: Pick<SignedRequest, 'headers' | 'queryString'>): Signature | undefined {
  const { authorization } = headers;
  const query = new URLSearchParams(queryString);
  const presigned = authorization === undefined;
  const field = (name: string) =>
    presigned
      ? (query.get(`X-Amz-${name}`) ?? undefined)
      : new RegExp(`[\\s,]${name}=([^,\\s]+)`).exec(authorization.slice(0, MAX_AUTHORIZATION))?.[1];
  const algorithm = presigned ? query.get('X-Amz-Algorithm') : authorization.split(' ')[0];
  // <access key id>/<date>/<region>/<service>/aws4_request
  const [accessKeyId, date, region, service, end] = field('Credential')?.split('/') ?? [];
  if (algorithm !== ALGORITHM || !accessKeyId || !date || !region || !service || end !== 'aws4_request') return undefined;
  return {
    accessKeyId,
    date,
    region,
    service,
    signedHeaders: (field('SignedHeaders') ?? '').toLowerCase().split(';'),
    time: (presigned ? query.get('X-Amz-Date') : textOf(headers['x-amz-date'])) ?? '',
    value: field('Signature') ?? '',
    presigned,
    ...(presigned && { expiresSeconds: Number(query.get('X-Amz-Expires') ?? Number.NaN) }),
  };
}

/** Longest `Authorization` that is read; real ones have a few hundred characters. */
const MAX_AUTHORIZATION = 8192;

/**
 * Reason why a signature isn't for a service in a region; undefined where it is.
 *
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/signature-v4-troubleshooting.html
 */
export function scopeProblem(signature: Signature, { region, service }: Pick<Signature, 'region' | 'service'>) {
  if (signature.region !== region) return `Credential should be scoped to a valid region, not '${signature.region}'.`;
  if (signature.service !== service) return `Credential should be scoped to correct service: '${service}'.`;
  return undefined;
}

/**
 * Reason why a signature isn't valid at a time; undefined where it is.
 *
 * @param now milliseconds since the epoch
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/signature-v4-troubleshooting.html
 */
export function timeProblem({ time, presigned, expiresSeconds = Number.NaN }: Signature, now: number): string | undefined {
  const iso = time.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6.000Z');
  const signedAt = Date.parse(iso);
  if (iso === time || Number.isNaN(signedAt)) return `Date must be in ISO-8601 'basic format'. Got '${time}'.`;
  const skew = SKEW_MINUTES * 60_000;
  if (signedAt > now + skew) {
    return `Signature not yet current: ${time} is still later than ${basic(now + skew)} (${basic(now)} + ${SKEW_MINUTES} min.)`;
  }
  if (presigned) {
    // Anything but a number of seconds is over at once.
    return signedAt + expiresSeconds * 1000 >= now ? undefined : `Signature expired: ${time} was valid for ${expiresSeconds} s`;
  }
  if (signedAt < now - skew) {
    return `Signature expired: ${time} is now earlier than ${basic(now - skew)} (${basic(now)} - ${SKEW_MINUTES} min.)`;
  }
  return undefined;
}

/**
 * Reason why a signature isn't that of the holder of the secret; undefined where it is. Its time isn't compared with a clock.
 *
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
 */
export function signatureProblem(request: SignedRequest, signature: Signature, secretAccessKey: string): string | undefined {
  const { date, signedHeaders, time, value } = signature;
  if (!signedHeaders.includes('host')) return "'host' must be a SignedHeader in the AWS Authorization.";
  if (!time.startsWith(date)) return `Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date: '${time}'`;
  const payload = payloadHash(request, signature);
  if (payload === undefined) return 'The provided x-amz-content-sha256 header does not match what was computed.';
  const expected = signatureValue(request, signature, payload, secretAccessKey);
  // Compared by their hashes, which are of one length whatever a client has sent.
  if (timingSafeEqual(hmac(secretAccessKey, value), hmac(secretAccessKey, expected))) return undefined;
  return 'The request signature we calculated does not match the signature you provided.';
}

/** Parts of a request that {@link signedHeaders} signs. */
export interface UnsignedRequest {
  readonly method: string;
  readonly path: string;
  readonly queryString: string;
  /** Value of `Host`. */
  readonly host: string;
  /** Hash of the body in hex, or `UNSIGNED-PAYLOAD`. */
  readonly payload: string;
}

/** Headers that sign a request of a service in the name of a key, at a time in milliseconds since the epoch. */
export function signedHeaders(
  { method, path, queryString, host, payload }: UnsignedRequest,
  { accessKeyId, secretAccessKey }: Credentials,
  { region, service }: Pick<Signature, 'region' | 'service'>,
  now: number,
): Record<'Authorization' | 'X-Amz-Date' | 'X-Amz-Content-Sha256', string> {
  const time = basic(now);
  const date = time.slice(0, 8);
  const headers = { host, 'x-amz-content-sha256': payload, 'x-amz-date': time };
  const signature = { region, service, date, time, signedHeaders: Object.keys(headers) };
  const value = signatureValue({ method, path, queryString, headers }, signature, payload, secretAccessKey);
  const credential = `${accessKeyId}/${date}/${region}/${service}/aws4_request`;
  const names = signature.signedHeaders.join(';');
  return {
    Authorization: `${ALGORITHM} Credential=${credential}, SignedHeaders=${names}, Signature=${value}`,
    'X-Amz-Date': time,
    'X-Amz-Content-Sha256': payload,
  };
}

type Scope = Pick<Signature, 'date' | 'region' | 'service' | 'time' | 'signedHeaders'>;

function signatureValue(
  request: Omit<SignedRequest, 'body'>,
  signature: Scope,
  payload: string,
  secretAccessKey: string,
): string {
  const { date, region, service, time } = signature;
  const scope = `${date}/${region}/${service}/aws4_request`;
  const toSign = [ALGORITHM, time, scope, sha256(canonicalRequest(request, signature, payload))].join('\n');
  const key = [date, region, service, 'aws4_request'].reduce<string | Buffer>(hmac, `AWS4${secretAccessKey}`);
  return hmac(key, toSign).toString('hex');
}

function canonicalRequest(
  { method, path, queryString, headers }: Omit<SignedRequest, 'body'>,
  signature: Pick<Signature, 'service' | 'signedHeaders'>,
  payload: string,
): string {
  return [
    method,
    signature.service === S3 ? objectPath(path) : canonicalPath(path),
    canonicalQuery(queryString),
    ...signature.signedHeaders.map((name) => `${name}:${textOf(own(headers, name))?.trim().replace(/ +/g, ' ') ?? ''}`),
    '',
    signature.signedHeaders.join(';'),
    payload,
  ].join('\n');
}

/**
 * The path of an object: a key may have empty and dot segments, and is encoded once.
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html
 */
function objectPath(path: string): string {
  return path
    .split('/')
    .map((segment) => encode(decode(segment)))
    .join('/');
}

/** The path as sent, without empty and dot segments, encoded once more: so for every service but S3. */
function canonicalPath(path: string): string {
  const segments: string[] = [];
  for (const segment of path.split('/')) {
    if (segment === '..') segments.pop();
    else if (segment !== '' && segment !== '.') segments.push(encode(segment));
  }
  return `/${segments.join('/')}${segments.length > 0 && path.endsWith('/') ? '/' : ''}`;
}

function canonicalQuery(queryString: string): string {
  return queryString
    .split('&')
    .filter((pair) => pair !== '' && !pair.startsWith('X-Amz-Signature='))
    .map((pair) => {
      const [name = '', ...value] = pair.split('=');
      return [encode(decode(name)), encode(decode(value.join('=')))] as const;
    })
    .sort(([a, x], [b, y]) => compare(a, b) || compare(x, y))
    .map(([name, value]) => `${name}=${value}`)
    .join('&');
}

/** Hash of the body, or what the client signed in its place; undefined where the client states another hash. */
function payloadHash(
  { headers, body }: SignedRequest,
  { signedHeaders, presigned, service }: Pick<Signature, 'signedHeaders' | 'presigned' | 'service'>,
): string | undefined {
  const stated = signedHeaders.includes('x-amz-content-sha256') ? textOf(headers['x-amz-content-sha256']) : undefined;
  if (stated === undefined && presigned) return service === S3 ? UNSIGNED : sha256('');
  if (stated === undefined) return sha256(body);
  const isStated = stated === UNSIGNED || (service === S3 && stated.startsWith(CHUNKED)) || stated === sha256(body);
  return isStated ? stated : undefined;
}

const sha256 = (data: string | Buffer): string => createHash('sha256').update(data).digest('hex');
const hmac = (key: string | Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest();
const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
const textOf = (value: string | string[] | undefined): string | undefined => (Array.isArray(value) ? value.join(',') : value);

/** `YYYYMMDD'T'HHMMSS'Z'` of a time. */
function basic(time: number): string {
  return new Date(time).toISOString().replace(/[-:]|\.\d{3}/g, '');
}

/** RFC 3986: also the characters that `encodeURIComponent` leaves alone. */
function encode(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`);
}

/** Text that isn't validly encoded stays as it is. */
function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
