import { EDGE_PROBES } from './edge-probes';
import { EVENT_PROBES } from './event-probes';
import { GATEWAY_PROBES } from './gateway-probes';
import type { Probe } from './probe';
import type { Target } from './target';

/** Every probe of the stack. */
export const PROBES: readonly Probe<Target>[] = [...GATEWAY_PROBES, ...EVENT_PROBES, ...EDGE_PROBES];
