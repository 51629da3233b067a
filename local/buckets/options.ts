/** A bucket, as its template says. */
export interface BucketOptions {
  readonly name: string;
  readonly arn: string;
  /** Names by which an origin is found: regional, global and dual-stack. */
  readonly domainNames: readonly string[];
  /** True where no policy may open the bucket to everybody. */
  readonly blocksPublic: boolean;
}

/** Buckets of the templates, and who may ask for their objects as an origin. */
export interface BucketsOptions {
  readonly buckets: readonly BucketOptions[];
  /** ARNs of the distributions, by their access key id. */
  readonly distributions: ReadonlyMap<string, string>;
}
