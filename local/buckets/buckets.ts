import * as path from 'node:path';
import type { Operations, Product, ProductContext } from '../types';
import type { Bucket, BucketAccess } from './bucket';
import { ObjectStore } from './object-store';
import { bucketOperations } from './operations';
import type { BucketsOptions } from './options';
import { createOriginServer } from './origin-server';

/** Folder of the buckets in the state folder. */
export const BUCKETS_FOLDER = 'buckets';

/** S3 at run time: its API, and its buckets as origins of distributions. */
export interface Buckets extends Product {
  readonly operations: Operations;
}

/** Makes the buckets. Their objects are files of the state folder, and stay while the platform runs. */
export function createBuckets(options: BucketsOptions, context: ProductContext, access: BucketAccess): Buckets {
  const { environment, registry, clock } = context;
  const buckets = options.buckets.map((bucket): Bucket => {
    const folder = path.join(environment.stateDir, BUCKETS_FOLDER, bucket.name);
    return { ...bucket, store: new ObjectStore(folder) };
  });
  const byHost = new Map(buckets.flatMap((bucket) => bucket.domainNames.map((host): [string, Bucket] => [host, bucket])));
  const server = createOriginServer({ buckets: byHost, distributions: options.distributions, access }, context);

  return {
    operations: bucketOperations(new Map(buckets.map((bucket) => [bucket.name, bucket])), access, clock),

    async start() {
      if (buckets.length === 0) return;
      await server.listen(environment.port('buckets'));
      for (const host of byHost.keys()) registry.origins.set(host, server.url);
    },

    async dispose() {
      for (const host of byHost.keys()) registry.origins.delete(host);
      await server.close();
    },
  };
}
