import type { Outcome } from './telemetry/outcome';

/**
 * Header `Cache-Status` of RFC 9211: one member a tier, the tier nearest to the origin first.
 *
 * @example `shared; fwd=miss; stored, memory; fwd=miss` after a load; `memory; hit; ttl=86399` for a hit in memory.
 */
export function cacheStatus(outcome: Outcome): string {
  const { tier, status, collapsed, ttlSeconds, stored, reason } = outcome;
  const shape = `${collapsed ? '; collapsed' : ''}`;
  if (tier === 'memory') return `memory; hit; ttl=${ttlSeconds}`;
  if (tier === 'shared') {
    const shared = status === 'stale' ? 'shared; hit; ttl=-1' : `shared; hit; ttl=${ttlSeconds}`;
    return `${shared}, memory; fwd=miss${shape}`;
  }
  const shared = status === 'bypass' ? 'shared; fwd=bypass' : `shared; fwd=miss${stored ? '; stored' : ''}`;
  return `${shared}${reason ? `; detail=${reason}` : ''}, memory; fwd=miss${shape}`;
}
