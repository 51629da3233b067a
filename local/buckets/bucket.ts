import { AwsError, type Caller } from '../types';
import type { ObjectStore, StoredObject } from './object-store';
import type { BucketOptions } from './options';

/** A bucket at run time. */
export interface Bucket extends BucketOptions {
  readonly store: ObjectStore;
}

/** Answer to the question of who may do something, and if it isn't allowed, the sentence that AWS answers with. */
interface Decision {
  readonly allowed: boolean;
  readonly reason?: string;
}

/** Authorisation by the policies of the template. Products don't import each other, so it comes from outside. */
export interface BucketAccess {
  authorize(call: { caller: Caller; action: string; resource: string }): Decision;
  /** Decides whether a bucket's policy lets a service in. */
  authorizeResource(call: { principal: string; action: string; resource: string; sourceArn: string }): Decision;
  /** Decides whether a bucket's policy lets everybody in. */
  authorizeAnybody(call: { action: string; resource: string }): Decision;
}

/**
 * An object, for somebody who may read it.
 *
 * @param maySeeKeys true of a caller that may list the bucket. Only such a one is told that a key is missing:
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html
 * @throws {AwsError} `NoSuchKey` (404) to those who may list the bucket, `AccessDenied` (403) to others.
 */
export function objectFor({ store }: Bucket, key: string, maySeeKeys: () => boolean): StoredObject {
  const object = store.get(key);
  if (object) return object;
  if (maySeeKeys()) throw new AwsError('NoSuchKey', 'The specified key does not exist.', 404);
  throw new AwsError('AccessDenied', 'Access Denied', 403);
}
