import { normalizedText } from '../../../../lib/route';
import { checkNumber, mustBe, wholeNumbers } from '../../arguments';
import type { Cache } from '../../cache';
import { ignored } from '../../errors';
import type { Namespace } from '../../namespace';
import { newToken } from '../../token';
import { counted, measured, type PatternMeter } from '../meter';
import type { PatternMetrics } from '../metrics';

/** Query: its parameters by name. Texts are normalized. */
export type SearchQuery = Readonly<Record<string, string | number | boolean | undefined>>;

/** Options of SearchResults. */
export interface SearchResultsOptions<Handle> {
  /** Cache that has the results. */
  readonly cache: Cache<Handle>;
  /** Name, a namespace of the cache: lower case letters, digits and dashes; at most 50. */
  readonly name: string;
  /**
   * Age from which a query is run again, in seconds.
   * @default 300
   */
  readonly ttlSeconds?: number;
  /**
   * Largest number of results that are kept of a query.
   * @default 500
   */
  readonly maxResults?: number;
  /** Search: ids in order, at most as many as `maxResults`, and the number of all where there are more. */
  readonly find: (
    handle: Handle,
    query: SearchQuery,
    most: number,
  ) => Promise<readonly string[] | { readonly ids: readonly string[]; readonly total: number }>;
  /**
   * Receiver of counts.
   * @default - nothing is counted
   */
  readonly metrics?: PatternMetrics;
}

/** Options of {@link SearchResults.page}. */
export interface PageOptions {
  /**
   * Cursor that came with the page before.
   * @default - the first page
   */
  readonly cursor?: string | undefined;
  /**
   * Number of results of a page, at most 100.
   * @default 20
   */
  readonly limit?: number;
}

/** Page of results. */
export interface SearchPage {
  /** Ids, in order. */
  readonly ids: readonly string[];
  /** Number of all results, as far as the search said. */
  readonly total: number;
  /**
   * Cursor of the next page.
   * @default - this is the last
   */
  readonly cursor?: string;
  /** Age of the results that the pages are of, in whole seconds. */
  readonly snapshotAge: number;
  /** True where the cursor's results are gone, so that this is the first page of new ones: an API answers 410 with it. */
  readonly expired: boolean;
}

/** Results of a query, of one time. */
interface Snapshot {
  readonly key: string;
  readonly token: string;
  readonly ids: readonly string[];
  readonly total: number;
  readonly at: number;
}

/** Bounds of a text, beyond which queries aren't told apart. */
const MAX_CHARACTERS = 64;
const MAX_WORDS = 8;
const MAX_LIMIT = 100;
const CURSOR = /^([\w-]{6,40})\.(\d{1,6})$/;

/**
 * Query in its one spelling: parameters in order of their names, texts in NFC, in lower case, with single blanks, and of at most
 * 64 characters and 8 words.
 */
export function normalizedQuery(query: SearchQuery): SearchQuery {
  const entries = Object.entries(query)
    .filter(([, value]) => value !== undefined && value !== '')
    .map(([name, value]) => [name, typeof value === 'string' ? boundedText(value) : value] as const);
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
}

function boundedText(text: string): string {
  const words = normalizedText(text, ['unicode', 'lowercase', 'collapse-spaces', 'trim']).split(' ').slice(0, MAX_WORDS);
  return [...words.join(' ')].slice(0, MAX_CHARACTERS).join('').trim();
}

/** Results of searches as ids, whose pages agree with each other. */
export class SearchResults<Handle> {
  readonly #cache: Cache<Handle>;
  readonly #results: Namespace<Handle>;
  readonly #snapshots: Namespace<Handle>;
  readonly #find: SearchResultsOptions<Handle>['find'];
  readonly #maxResults: number;
  readonly #meter: PatternMeter | undefined;

  /** @throws {CacheError} `E_INVALID_ARGUMENT` where an option can't be used. */
  constructor(options: SearchResultsOptions<Handle>) {
    const { cache, name, find } = options;
    const { ttlSeconds, maxResults } = wholeNumbers({ ttlSeconds: 300, maxResults: 500 }, options);
    this.#cache = cache;
    this.#find = find;
    this.#maxResults = maxResults;
    this.#meter = options.metrics?.meter('search-results', name);
    const memoryTtlSeconds = Math.min(1, ttlSeconds);
    this.#results = cache.namespace(name, {
      freshness: { memoryTtlSeconds, sharedTtlSeconds: ttlSeconds, staleIfErrorSeconds: ttlSeconds },
    });
    // Whoever pages keeps the results that the first page was of, also when the query has been run again.
    this.#snapshots = cache.namespace(`${name}-pages`, { freshness: { memoryTtlSeconds, sharedTtlSeconds: 2 * ttlSeconds } });
  }

  /**
   * Page of a query's results.
   *
   * @throws whatever the search throws, and {@link CacheError} `E_INVALID_ARGUMENT` for a limit or cursor that can't be used.
   */
  async page(query: SearchQuery, { cursor, limit = 20 }: PageOptions = {}): Promise<SearchPage> {
    checkNumber('limit', limit, 1, MAX_LIMIT);
    const [, token, from = '0'] = cursor === undefined ? [] : (CURSOR.exec(cursor) ?? []);
    mustBe(cursor === undefined || !!token, 'cursor', 'one that came with a page', cursor);
    return measured(this.#meter, async () => {
      const asked = normalizedQuery(query);
      const key = JSON.stringify(asked);
      if (token) {
        const snapshot = await this.#snapshot(key, token);
        if (snapshot) return this.#page(snapshot, Number(from), limit, false);
        counted(this.#meter, 'Conflicts');
      }
      return this.#page(await this.#search(key, asked), 0, limit, !!token);
    });
  }

  async #snapshot(key: string, token: string): Promise<Snapshot | undefined> {
    const latest = await this.#results.get<Snapshot>(key);
    if (latest?.token === token) return latest;
    const kept = await this.#snapshots.get<Snapshot>(token);
    // Of this query: with another's cursor nobody reads what wasn't asked for.
    return kept?.key === key ? kept : undefined;
  }

  async #search(key: string, query: SearchQuery): Promise<Snapshot> {
    const read = await this.#results.read<Snapshot>(key, async (handle) => {
      const found = await this.#find(handle, query, this.#maxResults);
      const { ids, total } = 'ids' in found ? found : { ids: found, total: found.length };
      return { key, token: newToken(), ids: ids.slice(0, this.#maxResults), total, at: this.#now() };
    });
    const snapshot = read.value as Snapshot;
    if (read.outcome.stored && snapshot.ids.length > 1) {
      // Of the version of now rather than the search's, than which a tag may be newer that others have just made: no purge is of
      // a name that nobody had before.
      await this.#snapshots.set(snapshot.token, snapshot, { rowVersion: 1 }).catch(ignored);
    }
    return snapshot;
  }

  #page({ token, ids, total, at }: Snapshot, from: number, limit: number, expired: boolean): SearchPage {
    const next = from + limit;
    return {
      ids: ids.slice(from, next),
      total,
      ...(next < ids.length && { cursor: `${token}.${next}` }),
      snapshotAge: Math.max(0, Math.floor((this.#now() - at) / 1000)),
      expired,
    };
  }

  #now(): number {
    return this.#cache.internals.read.now();
  }
}
