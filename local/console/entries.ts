import type { AssemblyModel } from '../assembly';
import type { Products } from '../products';
import type { LedgerReader } from './ledger';
import type { Entries, EntryRow, RequestRow } from './protocol';
import { sharedEntries, type Wanted } from './shared-entries';

/** Entries of a tier that are shown. */
const MOST_FOUND = 100;

/** Looks for a key or a tag in every tier that can be looked into. */
export class EntrySearch {
  readonly #products: Products;
  readonly #ledger: LedgerReader;
  /** Names of the headers that carry tags, in lower case. */
  readonly #tagHeaders: ReadonlySet<string>;
  readonly #requests: () => readonly RequestRow[];

  /** @param requests the last requests, the oldest first. */
  constructor(products: Products, model: AssemblyModel, ledger: LedgerReader, requests: () => readonly RequestRow[]) {
    this.#requests = requests;
    this.#products = products;
    this.#ledger = ledger;
    const configs = model.resources('AWS::CloudFront::Distribution').map(({ properties }) => properties.DistributionConfig);
    this.#tagHeaders = new Set(configs.flatMap(({ CacheTagConfig }) => CacheTagConfig?.HeaderName?.toLowerCase() ?? []));
  }

  async find(wanted: Wanted, now: number): Promise<Entries> {
    const memory = this.#inMemory(wanted, now);
    const shared = await sharedEntries(this.#products.engines, wanted, now);
    const outer = [...this.#atEdge(now), ...this.#atGateway(now)].filter((entry) => matches(entry, wanted));
    const cut = outer.length > MOST_FOUND;
    return {
      found: [...outer.slice(0, MOST_FOUND), ...memory, ...shared.found, ...(await this.#inLedger(wanted))],
      notes: [
        ...(cut
          ? [{ tier: 'edge', text: `${outer.length} entries of edge and gateway match; ${MOST_FOUND} are shown` } as const]
          : []),
        { tier: 'memory', text: this.#memoryNote(memory.length > 0) },
        ...shared.notes.map((text) => ({ tier: 'shared', text }) as const),
      ],
    };
  }

  #atEdge(now: number): EntryRow[] {
    return this.#products.edge.entries().map(({ key, status, tags, bytes, storedAt, freshUntil }) => ({
      tier: 'edge',
      where: 'edge',
      key,
      tags,
      state: freshUntil > now ? 'fresh' : 'stale',
      bytes,
      storedAt,
      freshUntil,
      note: `status ${status}`,
    }));
  }

  #atGateway(now: number): EntryRow[] {
    return this.#products.gateway.entries().map(({ key, status, headers, bytes, madeAt, expiresAt }) => {
      const header = headers.find(([name]) => this.#tagHeaders.has(name.toLowerCase()))?.[1] ?? '';
      return {
        tier: 'gateway',
        where: 'stage cache',
        key,
        tags: header.split(',').flatMap((tag) => tag.trim().toLowerCase() || []),
        state: expiresAt > now ? 'fresh' : 'stale',
        bytes,
        ...(madeAt !== undefined && { storedAt: madeAt }),
        freshUntil: expiresAt,
        note: `status ${status}`,
      };
    });
  }

  /**
   * What the processes that run may hold: a process that is frozen between invocations can't be asked, but what it was asked for
   * is known.
   */
  #inMemory(wanted: Wanted, now: number): EntryRow[] {
    const running = new Set(this.#products.lambda.environments().map(({ pid }) => pid));
    const latest = new Map<string, EntryRow>();
    for (const { steps, at, url, tags } of this.#requests()) {
      const { name, pid } = steps.find((step) => step.at === 'function') ?? {};
      if (pid === undefined || !running.has(pid) || !steps.some((step) => step.at === 'memory')) continue;
      const entry: EntryRow = {
        tier: 'memory',
        where: `${name}, process ${pid}`,
        key: url,
        tags,
        state: 'other',
        storedAt: at,
        note: `read ${((now - at) / 1000).toFixed(1)} s ago`,
      };
      if (matches(entry, wanted)) latest.set(`${pid} ${url}`, entry);
    }
    return [...latest.values()].slice(-MOST_FOUND);
  }

  #memoryNote(isRead: boolean): string {
    const environments = this.#products.lambda.environments();
    const idle = environments.filter(({ state }) => state === 'idle').length;
    return `${environments.length} processes of functions run, ${idle} of them frozen between invocations, so that none can be asked. ${isRead ? "Each path below was read there, by requests that were seen: memory has it for the route's memory TTL from then, at most." : 'No request that was seen has read it there.'}`;
  }

  async #inLedger({ tag }: Wanted): Promise<EntryRow[]> {
    if (tag === undefined) return [];
    const read = await this.#ledger.read().catch(() => undefined);
    await this.#ledger.close();
    return (read?.purges ?? [])
      .filter(({ tags }) => tags.includes(tag))
      .map(({ id, tags, committedAt, completedAt, mode }) => ({
        tier: 'database',
        where: 'ledger',
        key: id,
        tags,
        state: 'other',
        storedAt: committedAt,
        note: `purge (${mode}), ${completedAt === undefined ? 'under way' : 'complete'}`,
      }));
  }
}

function matches({ key, tags }: EntryRow, wanted: Wanted): boolean {
  return wanted.tag === undefined ? key.includes(wanted.key ?? '') : tags.includes(wanted.tag);
}
