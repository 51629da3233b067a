import type { SessionWrites } from '../read-request';
import type { Ticket } from '../ticket';

/** Later than any version. */
const LATEST = '~';

const renewal: SessionWrites = { latest: undefined, versionFor: () => LATEST, encode: () => '' };

/**
 * Ticket of a reader who wants an entry loaded anew though nothing has changed, for its TTL. Whoever else reads it meanwhile gets
 * it as it is; where the load fails it stays.
 */
export const RENEWAL: Ticket = renewal as Ticket;
