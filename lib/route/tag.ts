/**
 * One tag alphabet that is valid in every tier. The edge is the strictest: CloudFront compares tags without case, takes ASCII
 * 33-126 without comma, at most 256 characters, stores the first 50 of a response, and knows no wildcard. `#` and `*` are refused
 * too, because an invalidation item gives both a meaning.
 *
 * @see https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/invalidation-by-tags.html
 */

/** CloudFront stores at most this many tags of one response and ignores the rest. */
export const MAX_TAGS_PER_RESPONSE = 50;

/** CloudFront's limit of one tag, in characters. */
export const MAX_TAG_LENGTH = 256;

/** Printable ASCII without space, upper case, `#`, `*` and `,`; up to {@link MAX_TAG_LENGTH}. */
const TAG = /^[!"$-)+\--@[-~]{1,256}$/;

/**
 * Tells what is wrong with a tag.
 *
 * @returns undefined where the tag is valid in every tier; otherwise one sentence that names the rule and the value.
 */
export function tagProblem(tag: unknown): string | undefined {
  const text = typeof tag === 'string';
  if (text && TAG.test(tag)) return undefined;
  const got = text ? `${JSON.stringify(tag.slice(0, 80))}, ${tag.length} characters` : typeof tag;
  return `a tag must be lower case ASCII 33-126 without ',', '#' and '*', at most ${MAX_TAG_LENGTH} characters, got: ${got}`;
}

/**
 * Makes sure that a tag is valid in every tier.
 *
 * @throws {RangeError} with the sentence of {@link tagProblem} where it isn't.
 */
export function assertTag(tag: unknown): asserts tag is string {
  const problem = tagProblem(tag);
  if (problem) throw new RangeError(problem);
}
