/** Headers that functions and distribution agree on. Their names compare without case; functions write theirs in lower case. */

/**
 * Response header with a response's tags, separated by commas. It stays between the origin and the edge. A distribution has one
 * for all of its origins, and a bucket can only send metadata, so that it has the name of metadata.
 *
 * @see https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/invalidation-by-tags.html
 */
export const TAG_HEADER = 'x-amz-meta-cache-tag';

/** Request header that asks for a refresh of one key of the stage cache; its value is version and id. */
export const REFRESH_HEADER = 'X-Cachement-Refresh';

/** Response header with the id of the refresh that the response is of. The edge removes it. */
export const REFRESHED_HEADER = 'X-Cachement-Refreshed';
