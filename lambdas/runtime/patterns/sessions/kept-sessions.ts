/** Users whose sessions a process keeps at most; beyond, those that came first go. */
const MOST_USERS = 10_000;

/** Sessions that a process has read lately, as the tier had them, for while it can't answer. */
export class KeptSessions<S> {
  readonly #users = new Map<string, Map<string, { readonly session: S; readonly until: number }>>();

  constructor(readonly ttlMs: number) {}

  keep(user: string, id: string, session: S, now: number): void {
    if (this.ttlMs === 0) return;
    const sessions = this.#users.get(user) ?? new Map();
    sessions.set(id, { session, until: now + this.ttlMs });
    this.#users.set(user, sessions);
    if (this.#users.size > MOST_USERS) this.#users.delete(this.#users.keys().next().value as string);
  }

  get(user: string, id: string, now: number): S | undefined {
    const kept = this.#users.get(user)?.get(id);
    return kept && now < kept.until ? kept.session : undefined;
  }

  /** Forgets a user's sessions: what one of them has become, the others' next reads tell. */
  forget(user: string): void {
    this.#users.delete(user);
  }
}
