import { APIGatewayClient, FlushStageCacheCommand } from '@aws-sdk/client-api-gateway';
import type { Outside } from './purge-path';

export interface StageCacheOptions {
  readonly restApiId: string;
  readonly stageName: string;
  /** @default - a client of this function's region */
  readonly client?: Pick<APIGatewayClient, 'send'>;
}

/**
 * The gateway's cache, which can only be flushed as a whole. API Gateway's control plane takes 10 calls a second of an account, for all
 * operations together: a throttled flush is one to repeat later.
 */
export function createStageCache({ restApiId, stageName, client }: StageCacheOptions): Outside['stageCache'] {
  const api =
    client ?? new APIGatewayClient({ maxAttempts: 2, requestHandler: { connectionTimeout: 1_000, requestTimeout: 5_000 } });
  return {
    flush: async () => {
      await api.send(new FlushStageCacheCommand({ restApiId, stageName }));
    },
  };
}
