import { createHash, randomUUID } from 'node:crypto';
import { DescribeEventBusCommand, EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import { type Credentials, signedHeaders } from '../lambdas/platform/http/signature';
import { EVENT_SOURCE, type EventDetails, type EventType, type PurgeRequest } from '../lib/contract/events';
import { BUS_OUTPUT } from '../lib/contract/outputs';
import type { PurgeReport, PurgeSummary } from '../lib/contract/purge-report';
import { platformRoutes } from '../lib/route';
import { UsageError } from './arguments';
import { type Found, localPlatform, type Named, platformOf, useLocal } from './find-platform';

/** Purge to be submitted; its id is made here. */
export type NewPurge = Required<Omit<PurgeRequest, 'purgeId'>>;

/** The platform, from outside: its bus and its API, by IAM. */
export interface Connection {
  /** @returns the purge's id. @throws where the bus refuses it. */
  purge(request: NewPurge): Promise<string>;
  replay(from: Date, to: Date): Promise<void>;
  show(purgeId: string): Promise<PurgeReport | undefined>;
  list(from?: Date, to?: Date): Promise<PurgeSummary[]>;
  /** Answer of the platform's API to a request of the routes of administration. @throws where it isn't one of success. */
  call<T>(method: 'GET' | 'POST', path: string, body?: unknown): Promise<T>;
}

/**
 * The platform that the options or the variables name, or that runs on this machine in the current folder. It is looked for when
 * it is needed.
 */
export function connect(named: Named, environment = process.env): Connection {
  const given = { bus: named.bus ?? environment.CACHEMENT_BUS, api: named.api ?? environment.CACHEMENT_API };
  const stack = named.stack;
  // What is named is somewhere else, unless this shell says that it's here.
  const local = stack === undefined && !given.bus && !given.api ? localPlatform(process.cwd()) : undefined;
  if (local) useLocal(local, environment);
  const client = new EventBridgeClient({ maxAttempts: 3 });

  const find = async (): Promise<Found> => {
    if (stack === undefined && !local) return {};
    const [credentials, region] = [(await client.config.credentials()) as Credentials, await client.config.region()];
    return platformOf(stack, { credentials, region, endpoint: environment.AWS_ENDPOINT_URL });
  };
  let found: Promise<Found> | undefined;
  const need = async (name: 'bus' | 'api'): Promise<string> => {
    if (given[name]) return given[name];
    found ??= find();
    const value = (await found)[name];
    if (value) return value;
    throw new UsageError(
      `no platform is named, and none runs in this folder: give --stack NAME of one that is deployed, or --${name}, or start one with \`npx cachement dev\``,
    );
  };
  const publish = async <Type extends EventType>(type: Type, detail: EventDetails[Type]): Promise<void> => {
    const EventBusName = await need('bus');
    await checkBus(client, EventBusName);
    const { FailedEntryCount = 0, Entries = [] } = await client.send(
      new PutEventsCommand({
        Entries: [{ EventBusName, Source: EVENT_SOURCE, DetailType: type, Detail: JSON.stringify(detail) }],
      }),
    );
    if (FailedEntryCount > 0) throw new Error(`the bus refused it: ${Entries[0]?.ErrorCode} ${Entries[0]?.ErrorMessage}`);
  };
  const send = async (method: string, path: string, content?: unknown): Promise<Response> => {
    const url = new URL(`${(await need('api')).replace(/\/$/, '')}${path}`);
    const credentials = (await client.config.credentials()) as Credentials;
    const region = await client.config.region();
    const body = content === undefined ? '' : JSON.stringify(content);
    const bodyHash = createHash('sha256').update(body).digest('hex');
    const scope = { credentials, region, service: 'execute-api', now: new Date() };
    const headers = signedHeaders(url, scope, { method, bodyHash });
    return fetch(url, { method, headers, ...(body !== '' && { body }) });
  };
  const json = async <T>(method: string, path: string, response: Response): Promise<T> => {
    if (response.ok) return (await response.json()) as T;
    const text = (await response.text()).slice(0, 500);
    throw new Error(`${method} ${path.split('?')[0]} was answered with ${response.status}: ${text}`);
  };
  const get = async <T>(path: string): Promise<T | undefined> => {
    const response = await send('GET', path);
    return response.status === 404 ? undefined : json<T>('GET', path, response);
  };
  return {
    purge: async ({ tags, paths, mode, prompt, urgent }) => {
      const purgeId = randomUUID();
      await publish('PurgeSubmitted', { purgeId, tags, mode, ...(paths.length > 0 && { paths }), prompt, urgent });
      return purgeId;
    },
    call: async (method, path, body) => json(method, path, await send(method, path, body)),
    replay: (from, to) => publish('ReplayRequested', { replayId: randomUUID(), from: from.getTime(), to: to.getTime() }),
    show: (purgeId) => get(`${platformRoutes.purges.path}/${encodeURIComponent(purgeId)}`),
    list: async (from, to) => {
      const query = new URLSearchParams({ ...(from && { from: from.toISOString() }), ...(to && { to: to.toISOString() }) });
      return (await get<{ purges: PurgeSummary[] }>(`${platformRoutes.purges.path}?${query}`))?.purges ?? [];
    },
  };
}

/** @throws {Error} where there is no such bus: `PutEvents` takes events for any name, and they are gone. */
async function checkBus(client: EventBridgeClient, bus: string): Promise<void> {
  try {
    await client.send(new DescribeEventBusCommand({ Name: bus }));
  } catch (error) {
    if ((error as Error).name !== 'ResourceNotFoundException') {
      // Who may publish may not be allowed to look.
      if (/AccessDenied/.test((error as Error).name)) return;
      throw error;
    }
    const region = await client.config.region();
    throw new Error(`there is no event bus '${bus}' in ${region}; a platform's bus is its output '...${BUS_OUTPUT}'`, {
      cause: error,
    });
  }
}
