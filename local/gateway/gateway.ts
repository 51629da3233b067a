import { randomUUID } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import { AwsError, type Operations, type Product, type ProductContext } from '../types';
import type { Access } from './access';
import type { GatewayOptions } from './options';
import type { PatchOperation } from './refresh-guards';
import type { GatewayRequest } from './request';
import type { GatewayResponse } from './response';
import { createServer } from './server';
import { StageHandler, type StageStatistics } from './stage-handler';

/** API Gateway at run time. */
export interface Gateway extends Product {
  readonly operations: Operations;
  /** Counts of every stage, by REST API id and stage name. */
  stats(): { readonly restApiId: string; readonly stageName: string; readonly statistics: Readonly<StageStatistics> }[];
  /** Base URL of a stage on this machine, without a trailing slash. @default stageName - the only stage there is */
  url(stageName?: string, restApiId?: string): string;
  /** Empties a stage's cache at once. */
  flush(restApiId: string, stageName: string): void;
}

/** The server's port is that of this name in the environment. */
const PORT_NAME = 'gateway';

/**
 * Serves the REST APIs of the template on one port of loopback. A request says which by path, `/<rest api id>/<stage>/...`, or by its Host
 * header, `<rest api id>.execute-api.<region>.amazonaws.com`, and then its path starts with the stage.
 */
export function createGateway(options: GatewayOptions, context: ProductContext, access: Access): Gateway {
  const { environment, registry, clock } = context;
  const log = (message: string) => context.log('gateway', message);
  const stages = new Map<string, StageHandler>();
  const services = { account: environment.account, region: environment.region, clock, registry, access, log };
  for (const api of options.apis) {
    for (const stage of api.stages) stages.set(`${api.id}/${stage.name}`, new StageHandler(api, stage, services));
  }
  const hostOf = (restApiId: string) => `${restApiId}.execute-api.${environment.region}.amazonaws.com`;
  const server = createServer(answer, log);
  const pendingFlushes = new Set<() => void>();
  let port = 0;

  async function answer(host: string, request: GatewayRequest, oversized: boolean): Promise<GatewayResponse> {
    const named = options.apis.find((api) => hostOf(api.id) === host);
    const path = request.path.slice(1);
    // Who takes the base URL from the registry and sends the API's own host, as the edge does, names the API twice.
    const byHost = named !== undefined && path.split('/')[0] !== named.id;
    const [apiId, stageName, ...rest] = (byHost ? `${named.id}/${path}` : path).split('/');
    const stage = stages.get(`${apiId}/${stageName}`);
    // API Gateway knows no such host, or stage.
    if (!stage)
      return { statusCode: 403, headers: [['Content-Type', 'application/json']], body: Buffer.from('{"message":"Forbidden"}') };
    if (oversized) return stage.refuse('REQUEST_TOO_LARGE', randomUUID());
    // What a function sees is the API's own host, whichever way the request came.
    const headers = request.headers.map(([name, value]) =>
      name.toLowerCase() === 'host' ? ([name, hostOf(apiId as string)] as const) : ([name, value] as const),
    );
    return stage.handle({ ...request, headers, path: `/${rest.join('/')}` });
  }

  function stageOf(restApiId: string, stageName: string): StageHandler {
    const stage = stages.get(`${restApiId}/${stageName}`);
    if (!stage) throw new AwsError('NotFoundException', 'Invalid stage identifier specified', 404);
    return stage;
  }

  function flushLater(stage: StageHandler): void {
    const cancel = clock.schedule(options.flushDelayMilliseconds ?? 0, () => {
      pendingFlushes.delete(cancel);
      stage.flush();
    });
    pendingFlushes.add(cancel);
  }

  return {
    async start() {
      await new Promise<void>((resolve, reject) => {
        server.once('error', reject);
        server.listen(environment.port(PORT_NAME), '127.0.0.1', resolve);
      });
      port = (server.address() as AddressInfo).port;
      for (const { id } of options.apis) registry.origins.set(hostOf(id), `http://127.0.0.1:${port}/${id}`);
    },
    async dispose() {
      for (const { id } of options.apis) registry.origins.delete(hostOf(id));
      for (const cancel of pendingFlushes) cancel();
      pendingFlushes.clear();
      for (const stage of stages.values()) stage.dispose();
      if (!server.listening) return;
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
    operations: {
      apigateway: {
        FlushStageCache: {
          action: 'apigateway:DELETE',
          resources: ({ restApiId, stageName }: FlushStageCacheInput) => [
            `arn:aws:apigateway:${environment.region}::/restapis/${restApiId}/stages/${stageName}/cache/data`,
          ],
          handle({ restApiId, stageName }: FlushStageCacheInput) {
            const stage = stageOf(restApiId, stageName);
            if (options.flushDelayMilliseconds) flushLater(stage);
            else stage.flush();
            return {};
          },
        },
        UpdateStage: {
          action: 'apigateway:PATCH',
          resources: ({ restApiId, stageName }: UpdateStageInput) => [
            `arn:aws:apigateway:${environment.region}::/restapis/${restApiId}/stages/${stageName}`,
          ],
          handle({ restApiId, stageName, patchOperations = [] }: UpdateStageInput) {
            stageOf(restApiId, stageName).refreshGuards.patch(patchOperations);
            return { stageName };
          },
        },
      },
    },
    stats: () =>
      options.apis.flatMap((api) =>
        api.stages.map(({ name }) => ({
          restApiId: api.id,
          stageName: name,
          statistics: { ...stageOf(api.id, name).statistics },
        })),
      ),
    url(stageName, restApiId) {
      const api = options.apis.find(({ id }) => restApiId === undefined || id === restApiId);
      const stage = api?.stages.find(({ name }) => stageName === undefined || name === stageName);
      if (!api || !stage) throw new Error(`no stage '${stageName ?? ''}' in the template`);
      return `http://127.0.0.1:${port}/${api.id}/${stage.name}`;
    },
    flush: (restApiId, stageName) => stageOf(restApiId, stageName).flush(),
  };
}

interface UpdateStageInput {
  readonly restApiId: string;
  readonly stageName: string;
  readonly patchOperations?: readonly PatchOperation[];
}

interface FlushStageCacheInput {
  readonly restApiId: string;
  readonly stageName: string;
}
