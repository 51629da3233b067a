import type { PurgeMetric } from '../../../lib/contract/metrics';
import { type Clock, systemClock } from '../../runtime/clock';
import { type Credentials, signedHeaders } from '../http/signature';
import { log } from '../log';
import { reportMetrics } from './metrics';
import type { PurgedKey } from './purged-keys';

/** Options of a probe. */
export interface ProbeOptions {
  /** Keys whose last purge was committed between two times, with what the primary has of them now. */
  keys(from: Date, to: Date): Promise<PurgedKey[]>;
  /** The entity tag that the edge gives to a key. @returns undefined where it answers with none, as an error does. */
  readEdge(path: string): Promise<string | undefined>;
  /**
   * Reads of the edge a second.
   * @default 10
   */
  readonly readsPerSecond?: number;
  /** @default - the system clock */
  readonly clock?: Clock;
}

interface Age {
  readonly seconds: number;
  /** Purges that became this old within it are looked at: short enough for what is read to be about as old as the metric says. */
  readonly windowSeconds: number;
  readonly metric: PurgeMetric;
}

/** Times after the commit at which keys are compared. */
const AGES: readonly Age[] = [
  { seconds: 10, windowSeconds: 10, metric: 'ConsistentAfter10Seconds' },
  { seconds: 60, windowSeconds: 60, metric: 'ConsistentAfter1Minute' },
  { seconds: 600, windowSeconds: 60, metric: 'ConsistentAfter10Minutes' },
];

/**
 * Compares some of the keys that were purged 10 seconds, a minute and ten minutes ago with the primary, as a viewer gets them. A
 * key counts where the primary had the same value before and after the edge was read, and no purge of it came in between: then
 * whatever the edge shows besides is stale. Each key is reported as 100 or 0, so that the average of a time is the share in
 * percent.
 *
 * @throws where the primary can't be asked. What the edge doesn't answer is left out.
 */
export async function probe({ keys, readEdge, readsPerSecond = 10, clock = systemClock }: ProbeOptions): Promise<void> {
  for (const { seconds, windowSeconds, metric } of AGES) {
    const to = clock.now() - seconds * 1000;
    const range = [new Date(to - windowSeconds * 1000), new Date(to)] as const;
    const before = await keys(...range);
    if (before.length === 0) continue;

    const seen = new Map<string, string>();
    for (const { path } of before) {
      const startedAt = clock.now();
      try {
        const entityTag = await readEdge(path);
        if (entityTag !== undefined) seen.set(path, entityTag);
      } catch (error) {
        // The edge's errors have an alarm of their own.
        log.warn('edge not read', { path, error });
        break;
      }
      await clock.sleep(Math.max(0, 1000 / readsPerSecond - (clock.now() - startedAt)));
    }

    const after = new Map((await keys(...range)).map(({ path, entityTag }) => [path, entityTag]));
    const shares: number[] = [];
    for (const { path, purgeId, entityTag } of before) {
      const shown = seen.get(path);
      if (shown === undefined || after.get(path) !== entityTag) continue;
      shares.push(shown === entityTag ? 100 : 0);
      if (shown !== entityTag) log.warn('key is stale at the edge', { path, purgeId, afterSeconds: seconds });
    }
    reportMetrics({ [metric]: shares });
  }
}

export interface ProbeClientOptions {
  /** Base URL of the API's stage, with a slash in the end. */
  readonly apiUrl: string;
  /** Path of the route that answers {@link PurgedKey}s. */
  readonly keysPath: string;
  /** Base URL of the edge, without a slash in the end. */
  readonly edgeUrl: string;
  readonly region: string;
  readonly credentials: Credentials;
  /** @default - global fetch */
  readonly fetch?: typeof fetch;
}

/** Timeout of a request, in milliseconds: the API's function has 3 s by default, and the edge waits for it. */
const REQUEST_MS = 5_000;

/** Client of a probe: asks the API, signed and past the edge, and the edge as any viewer does. */
export function createProbeClient(options: ProbeClientOptions): Pick<ProbeOptions, 'keys' | 'readEdge'> {
  const { apiUrl, keysPath, edgeUrl, region, credentials, fetch: send = fetch } = options;
  const signal = () => AbortSignal.timeout(REQUEST_MS);
  return {
    keys: async (from, to) => {
      const url = new URL(keysPath.slice(1), apiUrl);
      url.searchParams.set('from', from.toISOString());
      url.searchParams.set('to', to.toISOString());
      const headers = signedHeaders(url, { credentials, region, service: 'execute-api', now: new Date() });
      const response = await send(url, { headers, signal: signal() });
      if (!response.ok) throw new Error(`${keysPath} answered ${response.status}; the probe can't tell what the primary has`);
      return ((await response.json()) as { keys: PurgedKey[] }).keys;
    },
    readEdge: async (path) => {
      const response = await send(`${edgeUrl}${path}`, { signal: signal() });
      await response.arrayBuffer();
      // A response that the edge compressed has a weak tag, of the same value.
      return response.status < 500 ? response.headers.get('etag')?.replace(/^W\//, '') : undefined;
    },
  };
}
