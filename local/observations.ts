/**
 * Records of what products do, for a person to look at. A product makes one only where somebody takes it, and never waits for
 * that: `context.observe?.({ ... })`. Times are epoch milliseconds, durations milliseconds with fractions.
 */
export type Observation = EdgeAnswer | GatewayAnswer | Invocation | EdgeInvalidation | StageFlush;

/** Taker of observations; returns at once and never throws. */
export type Observe = (observation: Observation) => void;

/** Answer of the edge to a viewer. */
export interface EdgeAnswer {
  readonly kind: 'edge';
  /** `X-Amz-Cf-Id` of the answer. */
  readonly requestId: string;
  readonly at: number;
  readonly ms: number;
  readonly distributionId: string;
  readonly method: string;
  readonly path: string;
  /** Without the question mark; empty where there is none. */
  readonly query: string;
  readonly status: number;
  /** `X-Cache`, without " from cloudfront". */
  readonly result: string;
  /** Object that was answered with; absent where the edge refused, or a function of it answered. */
  readonly object?: {
    /** Empty for an answer that is in no cache, such as one to a write. */
    readonly key: string;
    /** Name and value in turn, as the origin sent them. */
    readonly headers: readonly string[];
    readonly tags: readonly string[];
    readonly bytes: number;
    readonly storedAt: number;
    readonly freshUntil: number;
  };
  /** True where the origin gave this answer, or confirmed it. */
  readonly fromOrigin: boolean;
}

/** Answer of a stage of the gateway. */
export interface GatewayAnswer {
  readonly kind: 'gateway';
  /** `x-amzn-RequestId` of the answer. */
  readonly requestId: string;
  readonly at: number;
  readonly ms: number;
  readonly restApiId: string;
  readonly stage: string;
  readonly method: string;
  /** Path without the stage. */
  readonly path: string;
  readonly query: string;
  readonly status: number;
  /** True where an edge asked: its request has the header `X-Amz-Cf-Id`. */
  readonly fromEdge: boolean;
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** `off`: the method isn't cached. `refresh`: the caller asked for a fresh answer, and may. */
  readonly cache: 'off' | 'hit' | 'miss' | 'refresh';
  /** Key in the stage cache; absent where the method isn't cached. */
  readonly key?: string;
  /** Begin of the invocation that made the content; absent where none did. */
  readonly madeAt?: number;
  /** Absent where no function was asked for this answer. */
  readonly functionArn?: string;
  /** Request id of that invocation. */
  readonly invocationId?: string;
  /** `X-Amzn-Trace-Id` that the function was given: the caller's, or one that the gateway made. */
  readonly traceId?: string;
}

/** Invocation of a function that has ended. */
export interface Invocation {
  readonly kind: 'invocation';
  readonly requestId: string;
  readonly at: number;
  readonly ms: number;
  readonly functionArn: string;
  /** Process of its environment. */
  readonly pid?: number;
  /** True for the first invocation of its environment. */
  readonly cold: boolean;
  readonly failed: boolean;
}

/** Effect of an invalidation at the edge. */
export interface EdgeInvalidation {
  readonly kind: 'invalidation';
  readonly at: number;
  readonly invalidationId: string;
  readonly distributionId: string;
  readonly items: readonly string[];
  /** Count of objects that were dropped. */
  readonly dropped: number;
}

/** Flush of a stage's cache. */
export interface StageFlush {
  readonly kind: 'flush';
  readonly at: number;
  readonly restApiId: string;
  readonly stage: string;
  readonly dropped: number;
}
