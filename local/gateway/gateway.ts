import { randomUUID } from 'node:crypto';
import { foreignToSite } from '../http';
import type { Environment, Operations, Product, ProductContext } from '../types';
import type { Access } from './access';
import { HttpFronts } from './http-api/http-fronts';
import { gatewayOperations } from './operations';
import type { GatewayOptions } from './options';
import { effectiveMethod, isUnsupported } from './request';
import type { GatewayResponse } from './response';
import { type Answer, createServer } from './server';
import { Signatures } from './signature';
import type { StageCacheEntry } from './stage-cache';
import { type StageStats, Stages } from './stages';

/** API Gateway at run time. */
export interface Gateway extends Product {
  readonly operations: Operations;
  /** Counts of every stage, by REST API id and stage name. */
  stats(): StageStats[];
  /** Base URL of a stage on this machine, without a trailing slash. @default stageName - the only stage there is */
  url(stageName?: string, restApiId?: string): string;
  /** Views of what the stage caches hold, for people. */
  entries(): StageCacheEntry[];
  /** Empties a stage's cache at once. */
  flush(restApiId: string, stageName: string): void;
}

/** Name under which the environment gives the server's port. */
const PORT_NAME = 'gateway';

/** Answer to a request for a host or a stage that API Gateway doesn't know. */
const FORBIDDEN = frontEndAnswer(403, 'Forbidden');

/** Answer to a request that isn't well-formed. */
const BAD_REQUEST = frontEndAnswer(400, 'Bad Request');

const TOO_LARGE = frontEndAnswer(413, 'Request Entity Too Large');

/** Answer that no API has a part in, so that no gateway response changes it. */
function frontEndAnswer(statusCode: number, message: string): GatewayResponse {
  return { statusCode, headers: [['Content-Type', 'application/json']], body: Buffer.from(JSON.stringify({ message })) };
}

/**
 * Serves the APIs of the template and the URLs of functions on one port of loopback. A request says which by path, `/<rest api
 * id>/<stage>/...`, or by its Host header, `<rest api id>.execute-api.<region>.amazonaws.com`, and then its path starts with the
 * stage.
 */
export function createGateway(options: GatewayOptions, context: ProductContext, access: Access): Gateway {
  const { environment, registry, clock, keys, observe } = context;
  const log = (message: string) => context.log('gateway', message);
  const { account, region } = environment;
  const signatures = new Signatures({ keys, callers: access.callers, region, clock });
  const stages = new Stages(options, { account, region, clock, registry, access, signatures, log, observe });
  const hostOf = (restApiId: string) => apiHost(restApiId, environment);
  const fronts = new HttpFronts(options, {
    ...{ account, region, clock, registry, keys, access, log },
    distributions: options.distributions ?? new Map(),
  });
  const server = createServer(frontDispatch(fronts, stageDispatch(options, stages, hostOf, log), log), log);

  return {
    async start() {
      await server.listen(environment.port(PORT_NAME));
      for (const { id } of options.apis) registry.origins.set(hostOf(id), `${server.url}/${id}`);
      for (const [host, id] of fronts.hosts) registry.origins.set(host, `${server.url}/${id}`);
    },
    async dispose() {
      for (const { id } of options.apis) registry.origins.delete(hostOf(id));
      for (const host of fronts.hosts.keys()) registry.origins.delete(host);
      stages.dispose();
      fronts.dispose();
      await server.close();
    },
    operations: gatewayOperations(stages, region),
    stats: () => stages.stats(),
    url(stageName, restApiId) {
      const api = options.apis.find(({ id }) => restApiId === undefined || id === restApiId);
      const stage = api?.stages.find(({ name }) => stageName === undefined || name === stageName);
      if (!api || !stage) throw new Error(`no stage '${stageName ?? ''}' in the template`);
      return `${server.url}/${api.id}/${stage.name}`;
    },
    entries: () => stages.entries(),
    flush: (restApiId, stageName) => stages.get(restApiId, stageName).flush(),
  };
}

function apiHost(restApiId: string, { region }: Environment): string {
  return `${restApiId}.execute-api.${region}.amazonaws.com`;
}

/** Sends each request to the HTTP API or the function whose address it has, and any other one on. */
function frontDispatch(fronts: HttpFronts, others: Answer, log: (message: string) => void): Answer {
  return async (host, request, fault) => {
    const found = fronts.find(host, request);
    if (!found) return others(host, request, fault);
    if (fault !== undefined) return fault === 'malformed' ? BAD_REQUEST : TOO_LARGE;
    // Their own hosts aren't names that a browser finds here: a request for one is the edge's, which has checked it.
    const asked = { method: request.httpMethod, headers: { ...request.sent.headers, host } };
    const foreign = fronts.hosts.has(host) ? undefined : foreignToSite(asked, () => false);
    if (foreign === undefined) return fronts.handle(found);
    log(`a request was refused, since a page of another site may have sent it: ${foreign}`);
    return FORBIDDEN;
  };
}

/** Sends each request to its stage, with the path below the stage and the API's own host. */
function stageDispatch(
  options: GatewayOptions,
  stages: Stages,
  hostOf: (restApiId: string) => string,
  log: (message: string) => void,
): Answer {
  const hosts = new Set(options.apis.map(({ id }) => hostOf(id)));
  return async (host, request, fault) => {
    if (fault === 'malformed' || isUnsupported(request)) return BAD_REQUEST;
    const httpMethod = effectiveMethod(request);
    // The APIs' own hosts aren't names that a browser finds here: a request for one is the edge's, which has checked it.
    const asked = { method: httpMethod, headers: { ...request.sent.headers, host } };
    const foreign = hosts.has(host) ? undefined : foreignToSite(asked, () => false);
    if (foreign !== undefined) {
      log(`a request was refused, since a page of another site may have sent it: ${foreign}`);
      return FORBIDDEN;
    }
    const named = options.apis.find((api) => hostOf(api.id) === host);
    const path = request.path.slice(1);
    // Who takes the base URL from the registry and sends the API's own host, as the edge does, names the API twice.
    const byHost = named !== undefined && path.split('/')[0] !== named.id;
    const [apiId = '', stageName = '', ...rest] = (byHost ? `${named.id}/${path}` : path).split('/');
    const stage = stages.find(apiId, stageName);
    if (!stage) return FORBIDDEN;
    if (fault === 'too-large') return stage.refuse({ type: 'REQUEST_TOO_LARGE' }, randomUUID());
    // What a function sees is the API's own host, whichever way the request came.
    const headers = request.headers.map(([name, value]) =>
      name.toLowerCase() === 'host' ? ([name, hostOf(apiId)] as const) : ([name, value] as const),
    );
    // Who sends the API's own host has signed for it, and not for the address on this machine, which begins with the API.
    const sent = named && !byHost ? { ...request.sent, path: request.sent.path.slice(1 + named.id.length) } : request.sent;
    return stage.handle({ ...request, httpMethod, headers, path: `/${rest.join('/')}`, sent });
  };
}
