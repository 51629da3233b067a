import { byteRange, type ConditionFields, notModified, preconditionFails } from '../http';
import { AwsError } from '../types';
import type { StoredObject } from './object-store';

/** Response to a read of an object, without its bytes. */
export interface ObjectResponse {
  readonly status: 200 | 206;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** Bytes of the object that are its body; undefined for all. */
  readonly range?: { readonly start: number; readonly end: number };
}

/**
 * The response of S3 to a read of an object: its conditions in the order of RFC 9110, then a range. Several ranges are answered
 * with the whole, as S3 does.
 *
 * @param request headers of the request by name in lower case.
 * @throws {AwsError} `PreconditionFailed` (412), `NotModified` (304), `InvalidRange` (416).
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html
 */
export function objectResponse(object: StoredObject, request: ConditionFields, now: number): ObjectResponse {
  const lastModified = new Date(object.modifiedAt).toUTCString();
  const validators = { etag: object.etag, lastModified };
  if (preconditionFails(request, validators, now)) {
    throw new AwsError('PreconditionFailed', 'At least one of the pre-conditions you specified did not hold', 412);
  }
  if (notModified(request, validators, now))
    throw new AwsError('NotModified', 'Not Modified', 304, { etag: object.etag, 'last-modified': lastModified });
  const range = byteRange(request, validators, object.size);
  if (range === 'unsatisfiable') {
    const headers = { 'content-range': `bytes */${object.size}` };
    throw new AwsError('InvalidRange', 'The requested range is not satisfiable', 416, headers);
  }
  const metadata = Object.entries(object.metadata).map(([name, value]): [string, string] => [`x-amz-meta-${name}`, value]);
  const headers = {
    ...object.headers,
    ...Object.fromEntries(metadata),
    'accept-ranges': 'bytes',
    etag: object.etag,
    'last-modified': lastModified,
    // What S3 does with every object whose writer says nothing else, since January 2023:
    // https://docs.aws.amazon.com/AmazonS3/latest/userguide/default-encryption-faq.html
    'x-amz-server-side-encryption': 'AES256',
  };
  if (!range) return { status: 200, headers };
  return { status: 206, headers: { ...headers, 'content-range': `bytes ${range.start}-${range.end}/${object.size}` }, range };
}
