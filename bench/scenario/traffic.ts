import type { Random } from '../consistency/random';

/** One request of a traffic. */
export interface TrafficRequest {
  /** Class that it is counted in. */
  readonly kind: string;
  readonly url: string;
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON; a text as a form. */
  readonly body?: unknown;
  /** Statuses that are answers, besides those below 400. @default - none */
  readonly expected?: readonly number[];
  /** Takes the answer, with its body. @default - the body is passed over */
  readonly answered?: (answer: TrafficAnswer) => void;
}

export interface TrafficAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

/** Requests in their order, as a seed repeats them. */
export interface Traffic {
  /** Request number `index`, from 0 on; asked for once each, in order. */
  request(index: number): TrafficRequest;
  /** What it has seen, for the scenario. */
  figures?(): unknown;
}

/** Export of a module of traffic. */
export type TrafficMaker<Args> = (args: Args, random: Random) => Traffic;

/** Options of a load. Closed loop where `concurrency` is given, open loop where `perSecond` is. */
export interface LoadOptions<Args = unknown> {
  /** File of the module with the traffic. */
  readonly module: string;
  readonly exportName: string;
  /** Argument of the export; anything that can be sent to another process. */
  readonly args: Args;
  /** Ends after so many requests, or so many seconds, whichever is first. */
  readonly count?: number;
  readonly seconds?: number;
  /** Requests at once; the next one is sent when one has been answered. */
  readonly concurrency?: number;
  /** Mean of arrivals by chance (Poisson). Latency is counted from the time at which a request was to be sent. */
  readonly perSecond?: number;
  /** Name for the progress. @default - shows nothing */
  readonly name?: string;
  /** @default - that of the run */
  readonly seed?: number;
}

/** Answers of one class, or of all. Latencies are in milliseconds. */
export interface LoadFigures {
  readonly count: number;
  /** Those without an answer, and those whose status is 400 or more and wasn't expected. */
  readonly failed: number;
  readonly statuses: Readonly<Record<string, number>>;
  /** Answers by the first word of `X-Cache`: Hit, Miss, RefreshHit, Error. */
  readonly edge: Readonly<Record<string, number>>;
  /** Bytes of the bodies by the same word. */
  readonly edgeBytes: Readonly<Record<string, number>>;
  /** Bytes of the bodies, as they were sent. */
  readonly bytes: number;
  /** Mean time to the first byte. */
  readonly firstByteMeanMs: number;
  readonly meanMs: number;
  readonly p50Ms: number;
  readonly p95Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
}

export interface LoadResult extends LoadFigures {
  readonly milliseconds: number;
  readonly kinds: Readonly<Record<string, LoadFigures>>;
  /** What the traffic has seen. */
  readonly figures?: unknown;
}
