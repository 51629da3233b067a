import { randomUUID } from 'node:crypto';
import { EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import { type Credentials, signedHeaders } from '../lambdas/platform/http/signature';
import { EVENT_SOURCE, type EventDetails, type EventType, type PurgeRequest } from '../lib/contract/events';
import type { PurgeReport, PurgeSummary } from '../lib/contract/purge-report';
import { platformRoutes } from '../lib/route';

/** Purge to be submitted; its id is made here. */
export type NewPurge = Required<Omit<PurgeRequest, 'purgeId'>>;

/** The platform, from outside: its bus and its API, by IAM. */
export interface Connection {
  /** @returns the purge's id. @throws where the bus refuses it. */
  purge(request: NewPurge): Promise<string>;
  replay(from: Date, to: Date): Promise<void>;
  show(purgeId: string): Promise<PurgeReport | undefined>;
  list(from?: Date, to?: Date): Promise<PurgeSummary[]>;
}

/** @throws {RangeError} from what needs it, where the bus or the API isn't named. */
export function connect(options: { readonly bus?: string; readonly api?: string }): Connection {
  const client = new EventBridgeClient({ maxAttempts: 3 });
  const need = (option: string, variable: string, value: string | undefined): string => {
    const found = value ?? process.env[variable];
    if (!found) throw new RangeError(`'--${option}' or ${variable} is needed; it is an output of the stacks`);
    return found;
  };
  const publish = async <Type extends EventType>(type: Type, detail: EventDetails[Type]): Promise<void> => {
    const EventBusName = need('bus', 'CACHEMENT_BUS', options.bus);
    const { FailedEntryCount = 0, Entries = [] } = await client.send(
      new PutEventsCommand({
        Entries: [{ EventBusName, Source: EVENT_SOURCE, DetailType: type, Detail: JSON.stringify(detail) }],
      }),
    );
    if (FailedEntryCount > 0) throw new Error(`the bus refused it: ${Entries[0]?.ErrorCode} ${Entries[0]?.ErrorMessage}`);
  };
  const get = async <T>(path: string): Promise<T | undefined> => {
    const url = new URL(`${need('api', 'CACHEMENT_API', options.api).replace(/\/$/, '')}${path}`);
    const credentials = (await client.config.credentials()) as Credentials;
    const region = await client.config.region();
    const response = await fetch(url, {
      headers: signedHeaders(url, { credentials, region, service: 'execute-api', now: new Date() }),
    });
    if (response.status === 404) return undefined;
    if (!response.ok)
      throw new Error(`GET ${url.pathname} was answered with ${response.status}: ${(await response.text()).slice(0, 500)}`);
    return (await response.json()) as T;
  };
  return {
    purge: async ({ tags, paths, mode, prompt, urgent }) => {
      const purgeId = randomUUID();
      await publish('PurgeSubmitted', { purgeId, tags, mode, ...(paths.length > 0 && { paths }), prompt, urgent });
      return purgeId;
    },
    replay: (from, to) => publish('ReplayRequested', { replayId: randomUUID(), from: from.getTime(), to: to.getTime() }),
    show: (purgeId) => get(`${platformRoutes.purges.path}/${encodeURIComponent(purgeId)}`),
    list: async (from, to) => {
      const query = new URLSearchParams({ ...(from && { from: from.toISOString() }), ...(to && { to: to.toISOString() }) });
      return (await get<{ purges: PurgeSummary[] }>(`${platformRoutes.purges.path}?${query}`))?.purges ?? [];
    },
  };
}
