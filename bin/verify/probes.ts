import { EDGE_PROBES } from './edge-probes';
import { EVENT_PROBES } from './event-probes';
import { GATEWAY_PROBES } from './gateway-probes';
import type { Probe } from './probe';
import type { Target } from './target';

/** Everything that is asked of the stack of the probes. */
export const PROBES: readonly Probe<Target>[] = [...GATEWAY_PROBES, ...EVENT_PROBES, ...EDGE_PROBES];
