import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { LoopbackServer } from '../http';
import { serviceCaller } from '../identity';
import { AwsError, type ProductContext } from '../types';
import { s3Error } from '../xml-text';
import { type Bucket, type BucketAccess, objectFor } from './bucket';
import { objectResponse } from './object-response';

/** Buckets, and the distributions that may ask for their objects. */
export interface OriginOptions {
  /** Buckets by the host names of their origins. */
  readonly buckets: ReadonlyMap<string, Bucket>;
  /** ARNs of the distributions, by their access key id. */
  readonly distributions: ReadonlyMap<string, string>;
  readonly access: BucketAccess;
}

const CLOUDFRONT = 'cloudfront.amazonaws.com';

/**
 * The buckets as origins: answers reads by the key in the path. Whether an object is given out is the bucket policy's decision on
 * the distribution that has signed the request (origin access control), or on everybody where nobody has.
 *
 * @see https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/private-content-restricting-access-to-s3.html
 */
export function createOriginServer(options: OriginOptions, context: ProductContext): LoopbackServer {
  const log = (message: string) => context.log('buckets', message);
  return new LoopbackServer({ name: 'the buckets', log }, (incoming, outgoing) => serve(incoming, outgoing, options, context));
}

async function serve(
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  options: OriginOptions,
  context: ProductContext,
): Promise<void> {
  const requestId = randomUUID();
  try {
    await answer(incoming, outgoing, options, context, requestId);
  } catch (error) {
    if (!(error instanceof AwsError)) throw error;
    const body = error.statusCode === 304 ? '' : s3Error(error.code, error.message, requestId);
    outgoing.writeHead(error.statusCode, {
      ...(body !== '' && { 'content-type': 'application/xml', 'content-length': Buffer.byteLength(body) }),
      ...common(requestId),
      ...error.headers,
    });
    outgoing.end(body);
  }
}

async function answer(
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  { buckets, distributions, access }: OriginOptions,
  context: ProductContext,
  requestId: string,
): Promise<void> {
  const { method = 'GET', headers } = incoming;
  const bucket = buckets.get((headers.host ?? '').toLowerCase());
  if (!bucket) throw new AwsError('NoSuchBucket', 'The specified bucket does not exist', 404);
  // A body that isn't read would be taken for the next request.
  incoming.resume();
  if (method !== 'GET' && method !== 'HEAD') {
    throw new AwsError('MethodNotAllowed', `${method} through a distribution is not run here; use the API of S3`, 405);
  }
  const key = keyOf(incoming.url ?? '/');
  const caller = serviceCaller(incoming, { keys: context.keys, callers: distributions, now: context.clock.now() });
  if (caller?.problem !== undefined) throw new AwsError('SignatureDoesNotMatch', caller.problem, 403);
  const allows = (action: string, resource: string) => {
    if (caller) return access.authorizeResource({ principal: CLOUDFRONT, action, resource, sourceArn: caller.arn }).allowed;
    return !bucket.blocksPublic && access.authorizeAnybody({ action, resource }).allowed;
  };
  if (!allows('s3:GetObject', `${bucket.arn}/${key}`)) throw denied(context, `${method} ${bucket.name}/${key}`, caller?.arn);
  const object = objectFor(bucket, key, () => allows('s3:ListBucket', bucket.arn));
  const response = objectResponse(object, headers, context.clock.now());
  const { start, end } = response.range ?? { start: 0, end: object.size - 1 };
  const body = method === 'HEAD' ? undefined : await bucket.store.read(key, response.range);
  outgoing.writeHead(response.status, { ...response.headers, 'content-length': end - start + 1, ...common(requestId) });
  outgoing.end(body);
}

function denied({ log }: ProductContext, what: string, distribution: string | undefined): AwsError {
  const who = distribution ?? 'a request that nobody has signed (an origin without origin access control)';
  log('buckets', `403 for ${what}: its policy doesn't let ${who} in`);
  return new AwsError('AccessDenied', 'Access Denied', 403);
}

/** The key that a path names. @throws {AwsError} where it isn't validly encoded. */
function keyOf(url: string): string {
  const [path = ''] = url.split('?', 1);
  try {
    return decodeURIComponent(path.slice(1));
  } catch {
    throw new AwsError('InvalidURI', "Couldn't parse the specified URI.");
  }
}

function common(requestId: string): Record<string, string> {
  return { server: 'AmazonS3', 'x-amz-request-id': requestId };
}
