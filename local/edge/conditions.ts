import type { RepresentationValidators } from '../http';
import { headerValue, type RawHeaders } from './headers';

/** Validators of a response, by which conditions of a viewer are answered. */
export function validatorsIn(response: RawHeaders): RepresentationValidators {
  return { etag: headerValue(response, 'etag'), lastModified: headerValue(response, 'last-modified') };
}

/**
 * True where the part that was asked for may be cut out of a response that an origin has just sent whole. On a miss CloudFront
 * sends what an origin answers: the whole object where it doesn't support ranges, or sends its body in chunks.
 *
 * @see https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/RangeGETs.html
 */
export function supportsRanges(response: RawHeaders): boolean {
  const units = (headerValue(response, 'accept-ranges') ?? '').toLowerCase();
  return units.split(',').some((unit) => unit.trim() === 'bytes') && headerValue(response, 'transfer-encoding') === undefined;
}
