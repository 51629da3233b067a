import { APIGatewayClient, FlushStageCacheCommand } from '@aws-sdk/client-api-gateway';
import { newRefresh, REFRESHED_HEADER, refreshHeaders } from '../http/refresh';
import { signedHeaders } from '../http/signature';
import { log } from '../log';
import type { ExecutorPorts } from './purge-path';

export interface StageCacheOptions {
  readonly restApiId: string;
  readonly stageName: string;
  /** Base URL of the stage, with a slash in the end. */
  readonly url: string;
  /** @default - a client of this function's region */
  readonly client?: Pick<APIGatewayClient, 'send' | 'config'>;
  /** @default - global fetch */
  readonly fetch?: typeof fetch;
}

/** Longest time of a refresh, in milliseconds: a read that loads from the database takes a few hundred. */
const REFRESH_MS = 5_000;

/**
 * The gateway's cache, which can be flushed as a whole, or refreshed by a request for one key. API Gateway's control plane takes
 * 10 calls a second of an account, for all operations together: a throttled flush is one to repeat later.
 */
export function createStageCache({
  restApiId,
  stageName,
  url,
  client,
  fetch: send = fetch,
}: StageCacheOptions): ExecutorPorts['stageCache'] {
  const api =
    client ?? new APIGatewayClient({ maxAttempts: 2, requestHandler: { connectionTimeout: 1_000, requestTimeout: 5_000 } });
  return {
    flush: async () => {
      await api.send(new FlushStageCacheCommand({ restApiId, stageName }));
    },
    refresh: async (path, version) => {
      const target = new URL(path.slice(1), url);
      // A path that is another one once its dots are resolved could be of another stage.
      if (target.href !== `${url}${path.slice(1)}`) return false;
      const refresh = newRefresh(version);
      try {
        const [credentials, region] = await Promise.all([api.config.credentials(), api.config.region()]);
        const signature = signedHeaders(target, { credentials, region, service: 'execute-api', now: new Date() });
        const response = await send(target, {
          headers: { ...signature, ...refreshHeaders(refresh) },
          signal: AbortSignal.timeout(REFRESH_MS),
        });
        await response.arrayBuffer();
        // The function says so itself: API Gateway may answer from its cache, or by itself, where it doesn't accept the
        // signature.
        if (response.headers.get(REFRESHED_HEADER) === refresh.id) return true;
        log.warn('refresh not carried out, so the stage cache is flushed', { path, status: response.status });
      } catch (error) {
        log.warn('refresh failed, so the stage cache is flushed', { path, error });
      }
      return false;
    },
  };
}
