/**
 * Responses of somebody else's API, cached for as long as it says, called once for all processes and within its limits; imported
 * as `cachement/patterns/upstream`.
 */

export type { ResponseHeaders } from './response-headers';
export {
  Upstream,
  type UpstreamAnswer,
  type UpstreamBudget,
  type UpstreamCall,
  type UpstreamOptions,
  type UpstreamResponse,
} from './upstream';
export { UpstreamUnavailable } from './upstream-unavailable';
