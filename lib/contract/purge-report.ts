import type { PurgeMode } from './events';

/** Purges as the API shows them, and the command line reads them. Times are ISO 8601. */

/** One step of a purge. */
export interface PurgeStep {
  /** Step, from the inside out. */
  readonly step: 'event' | 'shared' | 'gateway' | 'edge';
  /** Time at which the tier accepted it; only the edge answers in two parts. */
  readonly acceptedAt?: string;
  /** Time at which the tier reported it done; absent while it is not. */
  readonly at?: string;
}

/** Purge as the ledger has it. */
export interface PurgeReport {
  /** Id of the purge. */
  readonly purgeId: string;
  /** Purged tags. */
  readonly tags: readonly string[];
  /** Effect on entries. */
  readonly mode: PurgeMode;
  /** Version of the change; absent until the relay has stamped it. */
  readonly version?: string;
  /** Just before the commit. */
  readonly committedAt: string;
  /** The steps that have been taken, from the inside out. */
  readonly steps: readonly PurgeStep[];
  /** Time of the edge's completion; absent while it is not complete. */
  readonly completedAt?: string;
  /** Time from the commit to the edge's completion, in milliseconds. */
  readonly commitToFreshMs?: number;
}

/** Purge in a list. */
export interface PurgeSummary {
  /** Id of the purge. */
  readonly purgeId: string;
  /** Purged tags. */
  readonly tags: readonly string[];
  /** Purged paths of the edge. */
  readonly paths: readonly string[];
  /** Just before the commit. */
  readonly committedAt: string;
  /** Time of the edge's completion; absent while it is not complete. */
  readonly completedAt?: string;
  /** True where the budget left some of its items to their TTL. */
  readonly leftToTtl?: boolean;
}
