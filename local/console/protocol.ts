/**
 * Data that the console's server sends and its page shows. Plain data: nothing here runs, so that both sides can import it.
 * Times are epoch milliseconds, durations milliseconds.
 */

/** The tiers that can answer, from the viewer inwards. */
export const TIERS = ['edge', 'gateway', 'memory', 'shared', 'database'] as const;
export type Tier = (typeof TIERS)[number];

/**
 * Tier that answered. `origin`: what is behind the edge and the gateway answered, and doesn't say from which of its tiers.
 * `refused`: the edge or the gateway answered by itself, without a cache.
 */
export type Answerer = Tier | 'origin' | 'refused';
export const ANSWERERS: readonly Answerer[] = [...TIERS, 'origin', 'refused'];

/** Step of a request's path, from the viewer inwards. */
export interface Step {
  readonly at: Tier | 'function';
  /** `uncached`: this tier keeps no such answer. `refreshed`: it had an expired one, which the origin confirmed. */
  readonly outcome: 'hit' | 'stale' | 'miss' | 'bypass' | 'uncached' | 'refreshed' | 'ran' | 'failed' | 'refused';
  /** Reason, for a person. */
  readonly why?: string;
  /** Duration from its begin to its answer; absent where it isn't known by itself. */
  readonly ms?: number;
  /** Time from the begin of the request to the begin of the step. */
  readonly afterMs?: number;
  /** Key in the cache of this tier. */
  readonly key?: string;
  /** Id by which logs know it. */
  readonly id?: string;
  /** Name of the stage, or of the function. */
  readonly name?: string;
  /** Process of the function. */
  readonly pid?: number;
}

/** A request and its path. */
export interface RequestRow {
  /** Counts up by one from the start of the platform. */
  readonly seq: number;
  readonly id: string;
  readonly at: number;
  readonly ms: number;
  readonly method: string;
  /** With its query string. */
  readonly url: string;
  readonly status: number;
  /** Tier that was asked. */
  readonly asked: 'edge' | 'gateway';
  readonly answeredBy: Answerer;
  readonly steps: readonly Step[];
  readonly tags: readonly string[];
  readonly cacheStatus?: string;
  /** Trace of the invocation that made the content. */
  readonly traceId?: string;
  /** Begin of the invocation that made the content, or a later time where that isn't known. */
  readonly madeAt?: number;
  /** Tier of the function that the content came from, by its `Cache-Status`. */
  readonly madeBy?: Tier;
  /** Headers of the content, as the origin sent them. */
  readonly headers: readonly (readonly [name: string, value: string])[];
}

/** Figures of a tier over the last {@link WINDOW_SECONDS}. */
export interface TierFigures {
  readonly tier: Tier;
  /** Requests a second that came to it, and that it answered. */
  readonly arrivedPerSecond: number;
  readonly answeredPerSecond: number;
  /** Share of what came to it that it answered, 0 to 1; undefined where nothing came. */
  readonly hitRatio?: number;
  /** Durations of the requests that it answered, as their viewers saw them. */
  readonly p50?: number;
  readonly p95?: number;
}

export const WINDOW_SECONDS = 10;
/** Seconds that plots show. */
export const HISTORY_SECONDS = 120;

/** One second of all traffic. */
export interface Second {
  /** Epoch seconds. */
  readonly second: number;
  /** Answers, by answerer in the order of {@link ANSWERERS}. */
  readonly answers: readonly number[];
  /** Answers with a status of 500 or more. */
  readonly errors: number;
  /** Answers that may be from before a purge. */
  readonly stale: number;
  readonly p50?: number;
  readonly p95?: number;
}

/** Figures of all traffic. */
export interface Figures {
  readonly tiers: readonly TierFigures[];
  readonly history: readonly Second[];
  /** Requests that came faster than they could be shown; they are in no figure. */
  readonly missed: number;
}

/** A process of an engine. */
export interface EngineState {
  readonly name: string;
  readonly kind: 'postgres-primary' | 'postgres-standby' | 'redis';
  readonly role?: 'primary' | 'replica';
  readonly running: boolean;
  /** State in words: keys and bytes of a cache node, replay lag of a standby. */
  readonly note?: string;
}

/** Description of the platform, sent once. */
export interface About {
  /** Name of each tier in the template, such as a distribution's id; absent where the template has no such tier. */
  readonly tiers: Readonly<Partial<Record<Tier, string>>>;
  readonly urls: { readonly edge?: string; readonly gateway?: string; readonly endpoint: string };
  /** Names of functions, and `platform`: what has a log. */
  readonly logs: readonly string[];
  /** Paths that a GET is served at, with ranges of numbers for parameters. */
  readonly paths: readonly string[];
}

/** The steps of a purge, from the inside out, as the ledger names them. */
export const PURGE_STEPS = ['event', 'shared', 'gateway', 'edge'] as const;
export type PurgeStepName = (typeof PURGE_STEPS)[number];

/** Line of the ledger. */
export interface PurgeStep {
  readonly step: PurgeStepName;
  /** Time at which the tier took it on; only the edge answers in two parts. */
  readonly acceptedAt?: number;
  /** Time at which the tier said that it is done. */
  readonly at?: number;
}

/**
 * Answers that may be from before a purge's change. An answer of the edge is one where it was asked for after the purge was
 * committed, it has one of the purge's tags or paths, and its content isn't known to contain the change: the invocation that made
 * it began before the shared tier had acknowledged the purge; or, where its `Cache-Status` says memory, before the gateway had,
 * which waits until memory has drained.
 */
export interface StaleAnswers {
  readonly count: number;
  /** Those that were asked for after the purge was complete: there must be none. */
  readonly afterCompletion: number;
  /** Times from the commit to the request, of the last ones. */
  readonly afterMs: readonly number[];
}

/** A purge, as the ledger and the edge know it. */
export interface PurgeRow {
  readonly id: string;
  readonly tags: readonly string[];
  readonly paths: readonly string[];
  readonly mode: string;
  readonly version?: string;
  readonly prompt: boolean;
  readonly committedAt: number;
  readonly completedAt?: number;
  readonly steps: readonly PurgeStep[];
  /** End of the drain: until then memory, or a request on its way, may refill an outer tier. */
  readonly drainedAt?: number;
  /** Time at which the edge of this machine dropped the objects, and their count. */
  readonly droppedAt?: number;
  readonly dropped?: number;
  /** Set where it was sent too often without a report; somebody has to look at it. */
  readonly parkedAt?: number;
  readonly stale: StaleAnswers;
}

/** Rows of the outbox that still wait for something. */
export interface Outbox {
  readonly waiting: number;
  readonly parked: number;
  readonly oldestAt?: number;
}

/** The ledger, the latest purge first; undefined where no database of the template has one. */
export interface Ledger {
  readonly purges: readonly PurgeRow[];
  readonly outbox: Outbox;
}

/** A request that was answered with what may be from before a purge. */
export interface StaleRequest {
  readonly seq: number;
  readonly purgeId: string;
}

/** A queue. */
export interface QueueRow {
  readonly name: string;
  /** True of one that takes what others have given up. */
  readonly isDeadLetters: boolean;
  readonly visible: number;
  readonly inFlight: number;
  readonly delayed: number;
  readonly sent: number;
  readonly deleted: number;
  readonly deadLettered: number;
}

/** A rule of a bus, with counts since the start. */
export interface RuleRow {
  readonly name: string;
  readonly matched: number;
  readonly delivered: number;
  readonly duplicates: number;
  readonly reordered: number;
  readonly retried: number;
  readonly deadLettered: number;
  readonly dropped: number;
}

/** Queues and rules; those that nothing has come to last. */
export interface Pipes {
  readonly queues: readonly QueueRow[];
  readonly rules: readonly RuleRow[];
}

/** A message of a queue. */
export interface MessageRow {
  readonly messageId: string;
  readonly body: string;
  readonly sentAt: number;
  readonly receiveCount: number;
  readonly visibleAt: number;
  /** Attributes of text, such as the reason for which a bus gave it up. */
  readonly attributes: Readonly<Record<string, string>>;
}

/** Something that a tier holds under a key or a tag. */
export interface EntryRow {
  readonly tier: Tier;
  /** Place in the tier: a distribution, a stage, a process of an engine. */
  readonly where: string;
  readonly key: string;
  readonly tags: readonly string[];
  /** `fresh` is served; `stale` may be served while it is made anew; `purged` isn't served any more. */
  readonly state: 'fresh' | 'stale' | 'purged' | 'other';
  readonly bytes?: number;
  readonly storedAt?: number;
  /** End of its freshness, or of its life where it has no other. */
  readonly freshUntil?: number;
  readonly note?: string;
}

/** Entries of each tier, and where not all could be looked at, why. */
export interface Entries {
  readonly found: readonly EntryRow[];
  readonly notes: readonly { readonly tier: Tier; readonly text: string }[];
}

/** Lines that were added to a log. */
export interface LogLines {
  readonly name: string;
  readonly lines: readonly string[];
}

/** What viewers of the edge got while a fault was on. */
export interface Seen {
  readonly from: number;
  /** Absent while it is on. */
  readonly to?: number;
  readonly answers: number;
  /** Answers with a status of 500 or more. */
  readonly errors: number;
  /** Answers that may be from before a purge, see {@link StaleAnswers}. */
  readonly stale: number;
  /** Answers from a tier that had them past their freshness, as their route allows. */
  readonly pastFreshness: number;
  /** Duration within which 95 % of them were given. */
  readonly p95?: number;
}

/** Something that can be made to go wrong. */
export interface FaultRow {
  readonly id: string;
  readonly title: string;
  readonly effect: string;
  /** `once` is over by itself: what viewers got is counted for a while after it. */
  readonly kind: 'switch' | 'once';
  /** Targets to choose from; the first where none is chosen. */
  readonly targets: readonly string[];
  readonly state: 'off' | 'on' | 'changing';
  /** Target while it is on. */
  readonly target?: string;
  /** Reason for which the last change failed. */
  readonly problem?: string;
  /** While it is on, or the last time that it was. */
  readonly seen?: Seen;
}

/** Requests that the console itself sends to the edge, for want of others. */
export interface Load {
  readonly running: boolean;
  readonly sent: number;
  readonly failed: number;
}

export interface Faults {
  readonly faults: readonly FaultRow[];
  readonly load: Load;
}

/** Messages of the stream of events, by name. */
export interface Messages {
  readonly about: About;
  /** New rows, the oldest first. */
  readonly rows: readonly RequestRow[];
  readonly figures: Figures;
  readonly engines: readonly EngineState[];
  readonly ledger: Ledger | null;
  readonly stale: readonly StaleRequest[];
  readonly pipes: Pipes;
  readonly faults: Faults;
  /** To those alone who asked for this log. */
  readonly log: LogLines;
}
