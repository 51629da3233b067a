import type { Judge } from '../judge';

/** Updates that returned and are gone, and sessions that were there after all of a user's had been ended. */
export const sessions: Judge = {
  game: 'sessions',
  invariants: ['sessionUpdatesLost', 'sessionsRevived'],
  // Whose hash a user's key has, only the library knows; other keys of the run lie in those slots, too.
  keys: () => [],
  judge({ notes, failovers }) {
    const updated = new Map<string, number>();
    const created = new Map<string, number>();
    const revoked = new Map<string, { began: number; ended: number }[]>();
    for (const { kind, began, ended, data } of notes) {
      if (kind === 'updated') updated.set(data.id, (updated.get(data.id) ?? 0) + 1);
      else if (kind === 'created') created.set(data.id, ended);
      // What no replica had may come back with a failover.
      else if (kind === 'revoked' && (!failovers || data.replicated))
        revoked.set(data.user, [...(revoked.get(data.user) ?? []), { began, ended }]);
    }
    let sessionUpdatesLost = 0;
    let sessionsRevived = 0;
    for (const { kind, began, data } of notes) {
      if (kind === 'left' && !failovers && data.count < (updated.get(data.id) ?? 0)) sessionUpdatesLost++;
      if (kind !== 'read') continue;
      const since = created.get(data.id);
      const over = revoked.get(data.user) ?? [];
      if (since !== undefined && over.some((each) => since < each.began && each.ended < began)) sessionsRevived++;
    }
    return { sessionUpdatesLost, sessionsRevived };
  },
};
