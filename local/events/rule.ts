import type { Matcher } from './pattern';
import type { Schedule } from './schedule';
import type { TargetInput } from './target-input';

/** Limits on EventBridge's attempts to deliver. */
export interface RetryPolicy {
  /** After the first attempt. */
  readonly maximumRetryAttempts: number;
  readonly maximumEventAgeSeconds: number;
}

/** Target of a rule's matches. */
export interface RuleTarget {
  readonly id: string;
  /** A function or a queue. */
  readonly arn: string;
  readonly input: TargetInput;
  readonly retry: RetryPolicy;
  /** A queue for what can't be delivered; without one it is dropped. */
  readonly deadLetterArn?: string;
}

/** A rule of a bus. */
export interface Rule {
  readonly name: string;
  readonly arn: string;
  /** Name of the bus. */
  readonly bus: string;
  readonly enabled: boolean;
  readonly matches?: Matcher;
  readonly schedule?: Schedule;
  readonly targets: readonly RuleTarget[];
}
