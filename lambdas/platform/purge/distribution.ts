import { CloudFrontClient, CreateInvalidationCommand, GetInvalidationCommand } from '@aws-sdk/client-cloudfront';
import type { ExecutorPorts } from './purge-path';

export interface DistributionOptions {
  readonly distributionId: string;
  /** @default - a client */
  readonly client?: Pick<CloudFrontClient, 'send'>;
}

/**
 * The edge. `TooManyInvalidationsInProgress` and throttles are thrown like any other error: the batch goes back to the queue, and
 * is neither billed nor done twice, because its reference is the batch's own.
 */
export function createDistribution({ distributionId, client }: DistributionOptions): ExecutorPorts['distribution'] {
  const api =
    client ?? new CloudFrontClient({ maxAttempts: 2, requestHandler: { connectionTimeout: 1_000, requestTimeout: 5_000 } });
  return {
    invalidate: async (batchId, items) => {
      const { Invalidation } = await api.send(
        new CreateInvalidationCommand({
          DistributionId: distributionId,
          InvalidationBatch: { CallerReference: batchId, Paths: { Quantity: items.length, Items: [...items] } },
        }),
      );
      if (!Invalidation?.Id) throw new Error(`CloudFront gave no id for batch '${batchId}'`);
      return Invalidation.Id;
    },
    isCompleted: async (invalidationId) => {
      const { Invalidation } = await api.send(new GetInvalidationCommand({ DistributionId: distributionId, Id: invalidationId }));
      return Invalidation?.Status === 'Completed';
    },
  };
}
