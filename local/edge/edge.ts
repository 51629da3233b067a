import { createHash } from 'node:crypto';
import { signedHeaders } from '../identity';
import type { Operations, Product, ProductContext } from '../types';
import {
  DEFAULT_TIMES,
  type InvalidationStats,
  Invalidations,
  type InvalidationsOptions,
  type InvalidationTimes,
} from './invalidation';
import { Location, type LocationStats } from './location';
import { cloudfrontOperations } from './operations';
import type { DistributionOptions } from './options';
import { OriginClient } from './origin';
import { OriginLatency } from './origin-latency';
import { EdgeServer } from './server';
import type { EntryView } from './store';
import type { UpstreamDependencies } from './upstream';

/** Distributions that the edge runs, and settings of all. */
export interface EdgeOptions {
  readonly distributions: readonly DistributionOptions[];
  /**
   * Times that invalidations take.
   * @default - effective after 1.5 s and completed after 4 s, at the median
   */
  readonly invalidation?: Partial<InvalidationTimes>;
  /**
   * Most memory that the objects of each distribution take, in bytes.
   * @default 256 MiB
   */
  readonly maxBytes?: number;
  /**
   * Median of the time that each request to an origin waits, in milliseconds, as if the origin were far away.
   * @default 0
   */
  readonly originLatencyMs?: number;
}

/** Counters of the edge since its start. */
export type EdgeStats = Readonly<LocationStats> & InvalidationStats;

/** The edge at run time. */
export interface Edge extends Product {
  readonly operations: Operations;
  /** Base URL of the first distribution. @throws {Error} before the start, or without a distribution. */
  readonly url: string;
  /** Base URLs by distribution id. */
  readonly urls: ReadonlyMap<string, string>;
  /** Counters of all distributions together, or of one. */
  stats(distributionId?: string): EdgeStats;
  /** Sets the times of invalidations that are created from now on. @default times - those of the options */
  setInvalidationTimes(times?: Partial<InvalidationTimes>): void;
  /** Views of the stored objects, in all distributions together or in one; for tests and for people. */
  entries(distributionId?: string): EntryView[];
}

const DEFAULT_MAX_BYTES = 256 * 1024 * 1024;

const EMPTY_BODY = createHash('sha256').digest('hex');

/**
 * CloudFront on loopback: one server for each distribution, each an edge location of its own.
 *
 * @param settings.port of the first distribution; the others have ports of the environment. 0 is any free one.
 */
export function createEdge(options: EdgeOptions, context: ProductContext, settings: { readonly port: number }): Edge {
  const { clock, random, log, registry, environment } = context;
  const client = new OriginClient(clock);
  const latency = new OriginLatency(options.originLatencyMs ?? 0, clock, () => random());
  const times = { ...DEFAULT_TIMES, ...options.invalidation };
  const running = options.distributions.map((distribution) => {
    const maxBytes = options.maxBytes ?? DEFAULT_MAX_BYTES;
    const baseUrl = (domainName: string) => registry.origins.get(domainName);
    const sign: UpstreamDependencies['sign'] = ({ method, path, headers, body }, { service }) => {
      const mark = path.indexOf('?');
      const [plain, queryString] = mark < 0 ? [path, ''] : [path.slice(0, mark), path.slice(mark + 1)];
      // Lambda takes no unsigned body: its hash is the viewer's to send.
      // https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/private-content-restricting-access-to-lambda.html
      const stated = Object.entries(headers).find(([name]) => name.toLowerCase() === 'x-amz-content-sha256')?.[1];
      const payload = service === 's3' && body ? 'UNSIGNED-PAYLOAD' : String((body && stated) ?? EMPTY_BODY);
      const unsigned = { method, path: plain, queryString, host: String(headers.Host), payload };
      return signedHeaders(unsigned, context.keys.of(distribution.arn), { service, region: environment.region }, clock.now());
    };
    const location = new Location(distribution, { clock, client, baseUrl, sign, latency, maxBytes, log });
    const apply: InvalidationsOptions['apply'] = (selector, { Id, InvalidationBatch }) => {
      const dropped = location.store.invalidate(selector);
      log('edge', `an invalidation took effect: ${dropped} objects dropped`);
      const { id: distributionId } = distribution;
      const items = InvalidationBatch.Paths.Items;
      context.observe?.({ kind: 'invalidation', at: clock.now(), invalidationId: Id, distributionId, items, dropped });
    };
    const invalidations = new Invalidations({ times, clock, random: () => random(), apply });
    return { distribution, location, invalidations, server: new EdgeServer(distribution, location, context) };
  });
  const chosen = (id?: string) => running.filter(({ distribution }) => id === undefined || distribution.id === id);
  const urls = new Map<string, string>();

  return {
    urls,

    operations: cloudfrontOperations(
      new Map(running.map(({ distribution, invalidations }) => [distribution.id, { arn: distribution.arn, invalidations }])),
      (id) => `arn:aws:cloudfront::${environment.account}:distribution/${id}`,
    ),

    get url() {
      const [first] = urls.values();
      if (first === undefined) throw new Error('edge: no distribution runs, so that it has no URL');
      return first;
    },

    async start() {
      for (const { distribution } of running) {
        for (const { id, domainName } of distribution.origins) {
          if (registry.origins.has(domainName)) continue;
          throw new Error(
            `edge: origin '${id}' of distribution '${distribution.name}' is at '${domainName}', which no local server stands for; ` +
              'an origin must be an API, a function URL or a bucket of the template',
          );
        }
      }
      for (const [index, { distribution, server }] of running.entries()) {
        await server.listen(index === 0 ? settings.port : environment.port(`edge:${distribution.name}`));
        urls.set(distribution.id, server.url);
        registry.origins.set(distribution.domainName, server.url);
      }
    },

    async dispose() {
      latency.dispose();
      for (const { distribution, invalidations } of running) {
        invalidations.dispose();
        registry.origins.delete(distribution.domainName);
      }
      await Promise.all(running.map(({ server }) => server.close()));
      client.close();
      urls.clear();
    },

    stats(distributionId) {
      const total = { ...new Totals() };
      for (const { location, invalidations } of chosen(distributionId)) {
        const stats = { ...location.stats, ...invalidations.stats() };
        for (const name of Object.keys(total) as (keyof Totals)[]) {
          // The limits are each distribution's own, so that their peaks don't add up.
          const peak = name === 'inProgressMax' || name === 'wildcardsMax';
          total[name] = peak ? Math.max(total[name], stats[name]) : total[name] + stats[name];
        }
      }
      return total;
    },

    setInvalidationTimes(times) {
      for (const { invalidations } of running) invalidations.setTimes(times);
    },

    entries: (distributionId) => chosen(distributionId).flatMap(({ location }) => location.store.entries()),
  };
}

/** All counters, at their start. */
class Totals implements EdgeStats {
  hits = 0;
  misses = 0;
  refreshHits = 0;
  collapsed = 0;
  staleOnError = 0;
  originRequests = 0;
  inProgressMax = 0;
  wildcardsMax = 0;
  acceptedItems = 0;
}
