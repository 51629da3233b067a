import type { Lease, PurgeKeyOptions, PurgeMode, Put, SharedStore, Tag } from '../../lambdas/runtime';
import { EXPIRED, FLAG_AT, FORMAT, ROW_END, ROW_START, TOKEN_END, TOKEN_START } from '../../lambdas/runtime/entry/format';

interface Fence {
  token?: string;
  leaseUntil?: number;
  minVersion?: string;
  /** Greatest version of the row that is known; '~' for one that isn't. */
  row?: string;
  /** Ends of intents, by writer. */
  intents?: Record<string, number>;
  until: number;
}

/**
 * The shared tier's protocol in plain JavaScript, for races that a test wants to hold step by step. It passes the stores'
 * contract.
 */
export class MemorySharedStore implements SharedStore {
  readonly values = new Map<string, { entry: string; until: number }>();
  readonly fences = new Map<string, Fence>();
  readonly tags = new Map<string, Tag>();
  /** Ends of the tags' lives, by name. */
  readonly tagEnds = new Map<string, number>();
  /** Called before each operation takes effect; a test may wait in it, or throw. */
  before: (operation: string, key: string) => Promise<void> | void = () => {};

  constructor(private readonly clock: { now(): number }) {}

  now(): number {
    return this.clock.now();
  }

  async get(key: string): Promise<string | null> {
    await this.before('get', key);
    return this.#value(key) ?? null;
  }

  async lease(key: string, token: string, leaseMs: number, seenToken: string): Promise<Lease> {
    await this.before('lease', key);
    const now = this.now();
    const entry = this.#value(key);
    const stored = entry?.slice(TOKEN_START, TOKEN_END + 1);
    if (entry && stored && stored !== seenToken) return { kind: 'hit', entry };
    const fence = this.#fence(key);
    if (this.#intended(fence)) return { kind: 'bypass' };
    const doubtful = Object.keys(fence?.intents ?? {}).length > 0;
    if (fence?.token && fence.token !== token && (fence.leaseUntil ?? 0) > now) {
      return { kind: 'wait', leftMs: (fence.leaseUntil ?? 0) - now };
    }
    this.fences.set(key, {
      ...fence,
      token,
      leaseUntil: now + leaseMs,
      until: Math.max(fence?.until ?? 0, now + leaseMs + 1000),
    });
    return { kind: 'grant', minVersion: fence?.minVersion, doubtful };
  }

  async fill(key: string, token: string, version: string | undefined, ttlMs: number, entry: string): Promise<boolean> {
    await this.before('fill', key);
    const fence = this.#fence(key);
    if (fence?.token !== token) return false;
    delete fence.token;
    if (version && fence.minVersion && version < fence.minVersion) return false;
    this.values.set(key, { entry, until: this.now() + ttlMs });
    return true;
  }

  async release(key: string, token: string): Promise<void> {
    await this.before('release', key);
    const fence = this.#fence(key);
    if (fence?.token === token) delete fence.token;
  }

  async renew(key: string, token: string, leaseMs: number): Promise<boolean> {
    await this.before('renew', key);
    const fence = this.#fence(key);
    if (fence?.token !== token) return false;
    fence.leaseUntil = this.now() + leaseMs;
    fence.until = Math.max(fence.until, fence.leaseUntil + 1000);
    return true;
  }

  async discard(key: string): Promise<void> {
    this.values.delete(key);
  }

  async getTag(name: string): Promise<Tag | undefined> {
    await this.before('getTag', name);
    return this.#tag(name);
  }

  async touchTag(name: string, ttlMs: number): Promise<Tag | undefined> {
    await this.before('touchTag', name);
    const tag = this.#tag(name);
    if (tag) this.tagEnds.set(name, this.now() + ttlMs);
    return tag;
  }

  async createTag(name: string, mark: string, version: string, ttlMs: number): Promise<Tag> {
    await this.before('createTag', name);
    this.#keepTag(name, ttlMs);
    const tag = this.#tag(name) ?? { deleted: mark, deletedVersion: version, expired: mark, expiredVersion: version };
    this.tags.set(name, tag);
    return tag;
  }

  async purgeKey(key: string, version: string, fenceMs: number, options: PurgeKeyOptions = {}): Promise<void> {
    await this.before('purgeKey', key);
    const value = this.values.get(key);
    if (options.mode !== 'expire') this.values.delete(key);
    else if (value?.entry.startsWith(FORMAT))
      value.entry = value.entry.slice(0, FLAG_AT) + EXPIRED + value.entry.slice(FLAG_AT + 1);
    this.#raise(key, version, options.row ?? '~', fenceMs);
    if (options.writer) delete this.fences.get(key)?.intents?.[options.writer];
  }

  async put(key: string, { version, row: given, ttlMs, entry, until }: Put, fenceMs: number): Promise<boolean> {
    await this.before('put', key);
    const row = this.now() > until ? '~' : given;
    const fence = this.#fence(key);
    const stored = this.#value(key)?.slice(ROW_START, ROW_END + 1) ?? '';
    const known = (fence?.row ?? '') > stored ? (fence?.row ?? '') : stored;
    if (known !== '~' && known > row) return false;
    this.values.delete(key);
    this.#raise(key, version, row, fenceMs);
    if (entry === '' || row === '~' || known === '~' || this.#intended(this.#fence(key))) return false;
    this.values.set(key, { entry, until: this.now() + ttlMs });
    return true;
  }

  async intend(key: string, writer: string, intentMs: number, fenceMs: number): Promise<void> {
    await this.before('intend', key);
    this.values.delete(key);
    const fence: Fence = this.#fence(key) ?? { until: 0 };
    delete fence.token;
    const held = Object.entries(fence.intents ?? {}).filter(([, until]) => until > this.now());
    fence.intents = { ...Object.fromEntries(held), [writer]: this.now() + intentMs };
    fence.until = Math.max(fence.until, this.now() + intentMs + fenceMs);
    this.fences.set(key, fence);
  }

  async purgeTag(name: string, mark: string, version: string, ttlMs: number, mode: PurgeMode | 'timeline'): Promise<void> {
    await this.before('purgeTag', name);
    this.#keepTag(name, ttlMs);
    const tag = this.#tag(name);
    if (!tag) this.tags.set(name, { deleted: mark, deletedVersion: version, expired: mark, expiredVersion: version });
    else if (
      mode === 'timeline'
        ? version.slice(0, 8) > tag.deletedVersion.slice(0, 8)
        : mode === 'delete' && version >= tag.deletedVersion
    )
      this.tags.set(name, { ...tag, deleted: mark, deletedVersion: version });
    else if (mode === 'expire' && version >= tag.expiredVersion)
      this.tags.set(name, { ...tag, expired: mark, expiredVersion: version });
  }

  async close(): Promise<void> {}

  #raise(key: string, version: string, row: string, fenceMs: number): void {
    const fence = this.#fence(key);
    const greatest = (a: string | undefined, b: string) => (a !== undefined && a > b ? a : b);
    this.fences.set(key, {
      ...(fence?.intents && { intents: fence.intents }),
      minVersion: greatest(fence?.minVersion, version),
      row: greatest(fence?.row, row),
      until: Math.max(fence?.until ?? 0, this.now() + fenceMs),
    });
  }

  #tag(name: string): Tag | undefined {
    if ((this.tagEnds.get(name) ?? Infinity) <= this.now()) this.tags.delete(name);
    return this.tags.get(name);
  }

  #keepTag(name: string, ttlMs: number): void {
    const end = this.#tag(name) ? (this.tagEnds.get(name) ?? 0) : 0;
    this.tagEnds.set(name, Math.max(end, this.now() + ttlMs));
  }

  #intended(fence: Fence | undefined): boolean {
    return Object.values(fence?.intents ?? {}).some((until) => until > this.now());
  }

  #value(key: string): string | undefined {
    const value = this.values.get(key);
    return value && value.until > this.now() ? value.entry : undefined;
  }

  #fence(key: string): Fence | undefined {
    const fence = this.fences.get(key);
    return fence && fence.until > this.now() ? fence : undefined;
  }
}
