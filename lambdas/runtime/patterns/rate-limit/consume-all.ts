import { ignored } from '../../errors';
import type { Decision } from './decision';
import type { Claim } from './rate-limiter';

/**
 * Consumes of several limits at once, each by {@link RateLimiter.of}. Where one denies, what the others took is given back.
 *
 * @returns the decision of the tightest: of those that deny, the one that does for longest; else the one with the least left.
 */
export async function consumeAll(claims: readonly [Claim, ...Claim[]]): Promise<Decision> {
  const taken = await Promise.all(claims.map((claim) => claim.take()));
  const decisions = taken.map(({ decision }) => decision);
  const denied = decisions.filter(({ allowed }) => !allowed);
  if (denied.length === 0) return decisions.reduce((least, each) => (each.remaining < least.remaining ? each : least));
  // One that can't be given back isn't: less is admitted, never more.
  await Promise.all(taken.map(({ giveBack }) => giveBack().catch(ignored)));
  return denied.reduce((longest, each) => (each.retryAfterMs > longest.retryAfterMs ? each : longest));
}
