import { Mixin } from 'aws-cdk-lib';
import { CfnDistribution } from 'aws-cdk-lib/aws-cloudfront';
import type { IConstruct } from 'constructs';
import { TAG_HEADER } from '../contract/headers';

/** Options of CacheTags. */
export interface CacheTagsOptions {
  /**
   * Header of the origin's responses that has the tags, with commas in between.
   * @default 'x-amz-meta-cache-tag', which the functions of the platform send, and S3 of an object with the metadata `cache-tag`
   */
  readonly headerName?: string;
}

/**
 * Mixin that lets purges by tag reach a distribution of one's own: `distribution.with(new CacheTags())`. CloudFront stores the
 * tags of each response with the object; without it a purge by tag is accepted and drops nothing.
 *
 * @throws {RangeError} where the header has no name of one.
 * @see https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/invalidation-by-tags.html
 */
export class CacheTags extends Mixin {
  readonly #headerName: string;

  constructor({ headerName = TAG_HEADER }: CacheTagsOptions = {}) {
    super();
    if (!FIELD_NAME.test(headerName)) {
      throw new RangeError(
        `cache tags: 'headerName' must be the name of a header, got: ${JSON.stringify(headerName)}; leave it out for '${TAG_HEADER}'`,
      );
    }
    this.#headerName = headerName;
  }

  override supports(construct: IConstruct): construct is CfnDistribution {
    return CfnDistribution.isCfnDistribution(construct);
  }

  /** @throws {RangeError} where the distribution takes its tags from another header. */
  override applyTo(construct: IConstruct): void {
    if (!this.supports(construct)) return;
    const { cacheTagConfig } = construct.distributionConfig as Partial<CfnDistribution.DistributionConfigProperty>;
    const other = (cacheTagConfig as CfnDistribution.CacheTagConfigProperty | undefined)?.headerName;
    if (other !== undefined && other.toLowerCase() !== this.#headerName.toLowerCase()) {
      throw new RangeError(
        `cache tags: 'headerName' must be that of the distribution, which takes tags from '${other}', got: '${this.#headerName}'; set it to '${other}'`,
      );
    }
    construct.addPropertyOverride('DistributionConfig.CacheTagConfig', { HeaderName: this.#headerName });
  }
}

/** A token of RFC 9110, section 5.6.2. */
const FIELD_NAME = /^[!#$%&'*+.^_`|~\w-]+$/;
