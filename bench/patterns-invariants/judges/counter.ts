import type { Judge } from '../judge';
import { hashes } from '../raw';

const KEYS = Array.from({ length: 16 }, (_, i) => `test:{counter-${i}}`);

/** Operations that had two effects, or none though they had returned. */
export const counter: Judge = {
  game: 'counter',
  invariants: ['doubledCounts', 'lostCounts', 'lostReplicated'],
  keys: (namespace) => KEYS.map((key) => `${namespace}:${key}`),
  async judge({ notes, failovers, namespace, testbed }) {
    const keys = this.keys(namespace);
    const found = new Map([...(await hashes(testbed, keys))].map(([key, fields]) => [key, new Map(Object.entries(fields))]));
    let doubledCounts = 0;
    for (const fields of found.values()) for (const count of fields.values()) if (Number(count) > 1) doubledCounts++;
    const lost = notes.filter(({ kind, data }) => kind === 'counted' && !found.get(data.key)?.has(data.id));
    return {
      doubledCounts,
      lostCounts: failovers ? 0 : lost.length,
      lostReplicated: lost.filter(({ data }) => data.replicated).length,
    };
  },
};
