import { AwsError, type Members, type Operation, type Operations, type Shape } from '../types';
import type { Invalidation, InvalidationBatch, Invalidations } from './invalidation';

/** A distribution, as far as the API is concerned. */
export interface InvalidationTarget {
  readonly arn: string;
  readonly invalidations: Invalidations;
}

interface Named {
  readonly DistributionId: string;
}

/** `InvalidationBatch` of a request. */
const BATCH: Shape = {
  structure: {
    CallerReference: 'text',
    Paths: { structure: { Quantity: 'number', Items: { list: 'text' } }, required: ['Quantity', 'Items'] },
  },
  required: ['CallerReference', 'Paths'],
};

/** Most invalidations that one page of a list holds, and what it holds where the caller doesn't say. */
const MAX_ITEMS = 100;

/**
 * CloudFront's API, as far as invalidations go. Times and shapes are the SDK's.
 *
 * @param targets distributions by id.
 * @param arnOf the ARN that a distribution of that id would have; policies are asked before it is known to exist.
 */
export function cloudfrontOperations(
  targets: ReadonlyMap<string, InvalidationTarget>,
  arnOf: (distributionId: string) => string,
): Operations {
  const find = (id: string): Invalidations => {
    const target = targets.get(id);
    if (!target) throw new AwsError('NoSuchDistribution', 'The specified distribution does not exist.', 404);
    return target.invalidations;
  };
  const operation = <Input extends Named>(
    name: string,
    members: Members,
    handle: (input: Input) => unknown,
  ): Operation<Input> => ({
    input: { DistributionId: 'text', ...members },
    required: ['DistributionId'],
    action: `cloudfront:${name}`,
    resources: (input) => [targets.get(input.DistributionId)?.arn ?? arnOf(input.DistributionId)],
    handle,
  });

  return {
    cloudfront: {
      CreateInvalidation: operation<Named & { InvalidationBatch: InvalidationBatch }>(
        'CreateInvalidation',
        { InvalidationBatch: BATCH },
        (input) => {
          const invalidation = find(input.DistributionId).create(input.InvalidationBatch);
          return { Location: location(input.DistributionId, invalidation), Invalidation: invalidation };
        },
      ),
      GetInvalidation: operation<Named & { Id: string }>('GetInvalidation', { Id: 'text' }, (input) => ({
        Invalidation: find(input.DistributionId).get(input.Id),
      })),
      ListInvalidations: operation<Named & { Marker?: string; MaxItems?: number }>(
        'ListInvalidations',
        { Marker: 'text', MaxItems: 'number' },
        (input) => ({
          InvalidationList: page(find(input.DistributionId).list(), input.Marker, input.MaxItems ?? MAX_ITEMS),
        }),
      ),
    },
  };
}

function location(distributionId: string, { Id }: Invalidation): string {
  return `https://cloudfront.amazonaws.com/2020-05-31/distribution/${distributionId}/invalidation/${Id}`;
}

/** @param marker id of the last invalidation of the page before. */
function page(all: readonly Invalidation[], marker: string | undefined, maxItems: number) {
  const first = marker ? all.findIndex(({ Id }) => Id === marker) + 1 : 0;
  const items = all.slice(first, first + Math.min(maxItems, MAX_ITEMS));
  const truncated = first + items.length < all.length;
  return {
    Marker: marker ?? '',
    NextMarker: truncated ? items[items.length - 1]?.Id : undefined,
    MaxItems: maxItems,
    IsTruncated: truncated,
    Quantity: items.length,
    Items: items.map(({ Id, CreateTime, Status }) => ({ Id, CreateTime, Status })),
  };
}
