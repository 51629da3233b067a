import { createHash } from 'node:crypto';
import * as zlib from 'node:zlib';
import type { ConditionFields } from '../http';
import { AwsError, type Caller, type Clock, type Members, type Operation, type Operations } from '../types';
import { type Bucket, type BucketAccess, objectFor } from './bucket';
import { objectResponse } from './object-response';
import type { StoredObject } from './object-store';

/** "The name for a key is a sequence of Unicode characters whose UTF-8 encoding is at most 1,024 bytes long." */
const MAX_KEY_BYTES = 1024;

/** "Within the PUT request header, the user-defined metadata is limited to 2 KB in size." */
const MAX_METADATA_BYTES = 2048;

/** Most keys that a page of a list has, and that one request deletes. */
const MAX_KEYS = 1000;

/** Lists that say what holds anyway, where the owner of a bucket owns its objects. */
const OWNERS_LISTS = ['private', 'bucket-owner-full-control'];

interface Named {
  readonly Bucket: string;
}

interface OfObject extends Named {
  readonly Key: string;
}

interface Read extends OfObject {
  readonly Range?: string;
  readonly IfMatch?: string;
  readonly IfNoneMatch?: string;
  readonly IfModifiedSince?: string;
  readonly IfUnmodifiedSince?: string;
}

interface Put extends OfObject {
  readonly Body?: Uint8Array;
  /** Headers that the object keeps, by name in lower case. */
  readonly Headers?: Readonly<Record<string, string>>;
  readonly Metadata?: Readonly<Record<string, string>>;
  /** Hashes that the body must have, in base64, by the names of their headers. */
  readonly Checksums?: Readonly<Record<string, string>>;
  readonly ACL?: string;
  readonly IfMatch?: string;
  readonly IfNoneMatch?: string;
}

interface List extends Named {
  readonly Prefix?: string;
  readonly Delimiter?: string;
  readonly MaxKeys?: number;
  readonly ContinuationToken?: string;
  readonly StartAfter?: string;
  readonly EncodingType?: string;
}

const READ: Members = {
  Range: 'text',
  IfMatch: 'text',
  IfNoneMatch: 'text',
  IfModifiedSince: 'text',
  IfUnmodifiedSince: 'text',
};

/** S3's API, as far as objects go. */
export function bucketOperations(buckets: ReadonlyMap<string, Bucket>, access: BucketAccess, clock: Clock): Operations {
  const CreationDate = new Date(clock.now());
  const find = (name: string): Bucket => {
    const bucket = buckets.get(name);
    if (!bucket) throw new AwsError('NoSuchBucket', 'The specified bucket does not exist', 404);
    return bucket;
  };
  const arnOf = (bucket: string) => buckets.get(bucket)?.arn ?? `arn:aws:s3:::${bucket}`;
  const ofObject = <Input extends OfObject>(
    action: string,
    members: Members,
    handle: (input: Input, caller: Caller) => unknown,
  ): Operation<Input> => ({
    input: { Bucket: 'text', Key: 'text', ...members },
    required: ['Bucket', 'Key'],
    action,
    resources: ({ Bucket, Key }) => [`${arnOf(Bucket)}/${Key}`],
    handle,
  });
  const ofBucket = <Input extends Named>(
    action: string,
    members: Members,
    handle: (input: Input, caller: Caller) => unknown,
  ): Operation<Input> => ({
    input: { Bucket: 'text', ...members },
    required: ['Bucket'],
    action,
    resources: ({ Bucket }) => [arnOf(Bucket)],
    handle,
  });
  const objectOf = (input: Read, caller: Caller) => {
    const bucket = find(input.Bucket);
    const maySeeKeys = () => access.authorize({ caller, action: 's3:ListBucket', resource: bucket.arn }).allowed;
    const object = objectFor(bucket, input.Key, maySeeKeys);
    return { bucket, object, response: objectResponse(object, conditionsOf(input), clock.now()) };
  };

  return {
    s3: {
      GetObject: ofObject<Read>('s3:GetObject', READ, async (input, caller) => {
        const { bucket, response } = objectOf(input, caller);
        return { ...response, body: await bucket.store.read(input.Key, response.range) };
      }),
      HeadObject: ofObject<Read>('s3:GetObject', READ, (input, caller) => {
        const { object, response } = objectOf(input, caller);
        const { start, end } = response.range ?? { start: 0, end: object.size - 1 };
        return { ...response, headers: { ...response.headers, 'content-length': String(end - start + 1) } };
      }),
      PutObject: ofObject<Put>(
        's3:PutObject',
        {
          Body: 'bytes',
          Headers: { map: 'text' },
          Metadata: { map: 'text' },
          Checksums: { map: 'text' },
          ACL: 'text',
          IfMatch: 'text',
          IfNoneMatch: 'text',
        },
        (input) => put(find(input.Bucket), input, clock.now()),
      ),
      DeleteObject: ofObject<OfObject>('s3:DeleteObject', {}, ({ Bucket, Key }) => {
        find(Bucket).store.delete(Key);
      }),
      DeleteObjects: {
        // Decided key by key: those that may not be deleted are listed in the answer.
        ...ofBucket<Named & { Objects: { Key: string }[]; Quiet?: boolean }>(
          's3:DeleteObject',
          { Objects: { list: { structure: { Key: 'text' }, required: ['Key'] } }, Quiet: 'flag' },
          ({ Bucket, Objects, Quiet }, caller) => deleteAll(find(Bucket), Objects, Quiet ?? false, caller, access),
        ),
        required: ['Bucket', 'Objects'],
        unrestricted: true,
      },
      ListObjectsV2: {
        ...ofBucket<List>(
          's3:ListBucket',
          {
            Prefix: 'text',
            Delimiter: 'text',
            MaxKeys: 'number',
            ContinuationToken: 'text',
            StartAfter: 'text',
            EncodingType: 'text',
          },
          (input) => ({ ListBucketResult: page(input, find(input.Bucket).store.list()) }),
        ),
        conditionKeys: ({ Prefix = '', Delimiter, MaxKeys }: List) => ({
          's3:prefix': [Prefix],
          ...(Delimiter !== undefined && { 's3:delimiter': [Delimiter] }),
          ...(MaxKeys !== undefined && { 's3:max-keys': [String(MaxKeys)] }),
        }),
      } as Operation<List>,
      ListBuckets: {
        input: {},
        action: 's3:ListAllMyBuckets',
        resources: () => ['*'],
        handle: () => ({
          ListAllMyBucketsResult: {
            Buckets: [...buckets.keys()].sort().map((Name) => ({ Name, CreationDate })),
          },
        }),
      },
    },
  };
}

function conditionsOf(input: Read): ConditionFields {
  return {
    range: input.Range,
    'if-match': input.IfMatch,
    'if-none-match': input.IfNoneMatch,
    'if-modified-since': input.IfModifiedSince,
    'if-unmodified-since': input.IfUnmodifiedSince,
  };
}

function put({ store }: Bucket, input: Put, now: number): { readonly ETag: string } {
  const { Key: key, Body = Buffer.alloc(0), Headers: headers = {}, Metadata: metadata = {}, ACL } = input;
  if (Buffer.byteLength(key) > MAX_KEY_BYTES) throw new AwsError('KeyTooLongError', 'Your key is too long');
  const metadataBytes = Object.entries(metadata).reduce((sum, [name, value]) => sum + name.length + Buffer.byteLength(value), 0);
  if (metadataBytes > MAX_METADATA_BYTES) {
    throw new AwsError(
      'MetadataTooLarge',
      `Your metadata headers exceed the maximum allowed metadata size, ${MAX_METADATA_BYTES}`,
    );
  }
  if (ACL !== undefined && !OWNERS_LISTS.includes(ACL)) {
    throw new AwsError('AccessControlListNotSupported', 'The bucket does not allow ACLs');
  }
  checkHashes(Body, input.Checksums ?? {});
  checkWritable(store.get(key), input);
  return { ETag: store.put({ key, headers, metadata }, Body, now).etag };
}

/** Hashes of a body in base64, by the name of the header that states one. Those that aren't here aren't compared. */
const HASHES: Readonly<Record<string, (body: Uint8Array) => string | undefined>> = {
  'content-md5': (body) => createHash('md5').update(body).digest('base64'),
  'x-amz-checksum-sha1': (body) => createHash('sha1').update(body).digest('base64'),
  'x-amz-checksum-sha256': (body) => createHash('sha256').update(body).digest('base64'),
  // Node.js has it since 20.15.
  'x-amz-checksum-crc32': (body) => {
    const { crc32 } = zlib as { crc32?: (data: Uint8Array) => number };
    if (crc32 === undefined) return undefined;
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32BE(crc32(body));
    return bytes.toString('base64');
  },
};

function checkHashes(body: Uint8Array, stated: Readonly<Record<string, string>>): void {
  for (const [name, hash] of Object.entries(HASHES)) {
    if (!Object.hasOwn(stated, name)) continue;
    const actual = hash(body);
    if (actual !== undefined && actual !== stated[name]) {
      throw new AwsError('BadDigest', `The ${name} you specified did not match what we received.`);
    }
  }
}

/** @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html */
function checkWritable(before: StoredObject | undefined, { IfMatch, IfNoneMatch }: Put): void {
  if (IfMatch !== undefined && before === undefined) throw new AwsError('NoSuchKey', 'The specified key does not exist.', 404);
  const quoted = IfMatch?.replace(/^"?(.*?)"?$/, '"$1"');
  if ((quoted !== undefined && quoted !== before?.etag) || (IfNoneMatch === '*' && before !== undefined)) {
    throw new AwsError('PreconditionFailed', 'At least one of the pre-conditions you specified did not hold', 412);
  }
}

function deleteAll(
  bucket: Bucket,
  objects: readonly { readonly Key: string }[],
  quiet: boolean,
  caller: Caller,
  access: BucketAccess,
) {
  if (objects.length > MAX_KEYS) throw new AwsError('MalformedXML', `at most ${MAX_KEYS} keys are deleted at once`);
  const denied: { Key: string; Code: string; Message: string }[] = [];
  const deleted: { Key: string }[] = [];
  for (const { Key } of objects) {
    const { allowed, reason } = access.authorize({ caller, action: 's3:DeleteObject', resource: `${bucket.arn}/${Key}` });
    if (!allowed) {
      denied.push({ Key, Code: 'AccessDenied', Message: reason ?? 'Access Denied' });
      continue;
    }
    bucket.store.delete(Key);
    deleted.push({ Key });
  }
  return { DeleteResult: { Deleted: quiet ? [] : deleted, Error: denied } };
}

/** A page of a list: keys, and what keys with a delimiter after the prefix have in common. */
function page(input: List, all: readonly StoredObject[]) {
  const { Bucket, Prefix = '', Delimiter = '', ContinuationToken, StartAfter = '', EncodingType } = input;
  const most = Math.min(Math.max(input.MaxKeys ?? MAX_KEYS, 0), MAX_KEYS);
  const after = ContinuationToken === undefined ? StartAfter : Buffer.from(ContinuationToken, 'base64url').toString();
  const encoded = (text: string) => (EncodingType === 'url' ? encodeURIComponent(text).replace(/%2F/g, '/') : text);
  const contents: object[] = [];
  const prefixes: string[] = [];
  let last = '';
  let truncated = false;
  for (const { key, etag, size, modifiedAt } of all) {
    if (!key.startsWith(Prefix) || Buffer.compare(Buffer.from(key), Buffer.from(after)) <= 0) continue;
    const end = Delimiter === '' ? -1 : key.indexOf(Delimiter, Prefix.length);
    const common = end < 0 ? undefined : key.slice(0, end + Delimiter.length);
    if (common !== undefined && (common === prefixes[prefixes.length - 1] || common === after)) continue;
    if (contents.length + prefixes.length >= most) {
      truncated = most > 0;
      break;
    }
    last = common ?? key;
    if (common !== undefined) prefixes.push(common);
    else {
      contents.push({
        Key: encoded(key),
        LastModified: new Date(modifiedAt),
        ETag: etag,
        Size: size,
        StorageClass: 'STANDARD',
      });
    }
  }
  return {
    Name: Bucket,
    Prefix: encoded(Prefix),
    ...(Delimiter !== '' && { Delimiter: encoded(Delimiter) }),
    ...(EncodingType !== undefined && { EncodingType }),
    ...(ContinuationToken !== undefined && { ContinuationToken }),
    ...(StartAfter !== '' && { StartAfter: encoded(StartAfter) }),
    MaxKeys: most,
    KeyCount: contents.length + prefixes.length,
    IsTruncated: truncated,
    ...(truncated && { NextContinuationToken: Buffer.from(last).toString('base64url') }),
    Contents: contents,
    CommonPrefixes: prefixes.map((prefix) => ({ Prefix: encoded(prefix) })),
  };
}
