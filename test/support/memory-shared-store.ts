import type { Lease, PurgeMode, SharedState, SharedStore, Tag } from '../../lambdas/runtime';
import { TOKEN_END, TOKEN_START } from '../../lambdas/runtime/envelope';

/** The shared tier's protocol in plain JavaScript, for races that a test wants to hold step by step. It passes the stores' contract. */
export class MemorySharedStore implements SharedStore {
  readonly values = new Map<string, { entry: string; until: number }>();
  readonly fences = new Map<string, { token?: string; leaseUntil?: number; minVersion?: string; until: number }>();
  readonly tags = new Map<string, Tag>();
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
    if (fence?.token && fence.token !== token && (fence.leaseUntil ?? 0) > now) {
      return { kind: 'wait', leftMs: (fence.leaseUntil ?? 0) - now };
    }
    this.fences.set(key, {
      ...fence,
      token,
      leaseUntil: now + leaseMs,
      until: Math.max(fence?.until ?? 0, now + leaseMs + 1000),
    });
    return { kind: 'grant', minVersion: fence?.minVersion };
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

  async discard(key: string): Promise<void> {
    this.values.delete(key);
  }

  async getTag(name: string): Promise<Tag | undefined> {
    await this.before('getTag', name);
    return this.tags.get(name);
  }

  async touchTag(name: string): Promise<Tag | undefined> {
    await this.before('touchTag', name);
    return this.tags.get(name);
  }

  async createTag(name: string, mark: string, version: string): Promise<Tag> {
    await this.before('createTag', name);
    const tag = this.tags.get(name) ?? { deleted: mark, deletedVersion: version, expired: mark, expiredVersion: version };
    this.tags.set(name, tag);
    return tag;
  }

  async invalidate(key: string, version: string, fenceMs: number): Promise<void> {
    await this.before('invalidate', key);
    this.values.delete(key);
    const fence = this.#fence(key);
    const minVersion = fence?.minVersion && fence.minVersion > version ? fence.minVersion : version;
    this.fences.set(key, { minVersion, until: Math.max(fence?.until ?? 0, this.now() + fenceMs) });
  }

  async purgeTag(name: string, mark: string, version: string, _ttlMs: number, mode: PurgeMode): Promise<void> {
    await this.before('purgeTag', name);
    const tag = this.tags.get(name);
    if (!tag) this.tags.set(name, { deleted: mark, deletedVersion: version, expired: mark, expiredVersion: version });
    else if (mode === 'delete' && version >= tag.deletedVersion)
      this.tags.set(name, { ...tag, deleted: mark, deletedVersion: version });
    else if (mode === 'expire' && version >= tag.expiredVersion)
      this.tags.set(name, { ...tag, expired: mark, expiredVersion: version });
  }

  async state(): Promise<SharedState> {
    return { status: 'ok', nodes: [] };
  }

  async close(): Promise<void> {}

  #value(key: string): string | undefined {
    const value = this.values.get(key);
    return value && value.until > this.now() ? value.entry : undefined;
  }

  #fence(key: string): { token?: string; leaseUntil?: number; minVersion?: string; until: number } | undefined {
    const fence = this.fences.get(key);
    return fence && fence.until > this.now() ? fence : undefined;
  }
}
