import { APIGatewayClient, UpdateStageCommand } from '@aws-sdk/client-api-gateway';
import { STAGE_PATCHES_PER_CALL } from '../../lib/contract/defaults';

export interface RefreshAuthorizationOptions {
  readonly restApiId: string;
  readonly stageName: string;
  /** Cached methods as a patch names them, with the slashes of the path written `~1`, such as `/~1products~1{id}/GET`. */
  readonly methods: readonly string[];
  /** @default - a client of this function's region */
  readonly client?: Pick<APIGatewayClient, 'send'>;
}

/**
 * Lets nobody refresh a key of the stage cache, nor even ask for it, who isn't authorised. API Gateway keeps two settings a
 * method for it, of which CloudFormation knows neither.
 *
 * @see https://docs.aws.amazon.com/apigateway/latest/api/API_UpdateStage.html
 */
export async function requireRefreshAuthorization(options: RefreshAuthorizationOptions): Promise<void> {
  const { restApiId, stageName, methods } = options;
  const client = options.client ?? new APIGatewayClient({ maxAttempts: 5 });
  const patchOperations = ['/*/*', ...methods].flatMap((key) => [
    { op: 'replace' as const, path: `${key}/caching/requireAuthorizationForCacheControl`, value: 'true' },
    { op: 'replace' as const, path: `${key}/caching/unauthorizedCacheControlHeaderStrategy`, value: 'FAIL_WITH_403' },
  ]);
  // One after the other: API Gateway refuses an update of a stage while another one is made.
  for (let from = 0; from < patchOperations.length; from += STAGE_PATCHES_PER_CALL) {
    const part = patchOperations.slice(from, from + STAGE_PATCHES_PER_CALL);
    await client.send(new UpdateStageCommand({ restApiId, stageName, patchOperations: part }));
  }
}
