import { own } from '../own';
import { AwsError, type FunctionTarget, type ProductContext } from '../types';
import type { BusEvent } from './bus-event';
import type { Rule, RuleTarget } from './rule';

/** Asks the policy of a resource whether EventBridge may act on it. */
export type AuthorizeResource = (request: { principal: string; action: string; resource: string; sourceArn: string }) => {
  allowed: boolean;
  reason?: string;
};

/** Counts of a rule's events since the start. */
export interface RuleStats {
  matched: number;
  /** Handed over to a target; more than matched where there are several targets or duplicates. */
  delivered: number;
  /** Deliveries that were planned a second time, as a bus that delivers at least once may. */
  duplicates: number;
  /** Deliveries that were planned before one of an earlier event. */
  reordered: number;
  retried: number;
  deadLettered: number;
  /** Given up, without a dead-letter queue. */
  dropped: number;
}

const PRINCIPAL = 'events.amazonaws.com';

/** Waits before a retry, the first and the longest, in milliseconds. AWS documents only "exponential backoff and jitter". */
const FIRST_RETRY_MS = 1000;
const LAST_RETRY_MS = 600_000;

/**
 * Errors that EventBridge doesn't retry: it lacks permission, or the target is gone (User Guide, "Retry policy and dead-letter
 * queues").
 */
const NOT_RETRIED: Readonly<Record<string, string>> = {
  AccessDenied: 'NO_PERMISSIONS',
  ResourceNotFoundException: 'NO_RESOURCE',
  QueueDoesNotExist: 'NO_RESOURCE',
  InvalidParameterValue: 'SDK_CLIENT_ERROR',
  RequestTooLargeException: 'SDK_CLIENT_ERROR',
};

/** A function that retries by itself, as an asynchronous invocation does. */
type AsynchronousTarget = FunctionTarget & { invokeAsynchronously?(event: unknown): string };

/** Brings events to targets: with permission or not at all, again where it fails, and to the dead-letter queue in the end. */
export class Delivery {
  readonly #context: Pick<ProductContext, 'registry' | 'clock' | 'random' | 'log'>;
  readonly #authorize: AuthorizeResource;
  readonly #timers = new Set<() => void>();

  constructor(context: Pick<ProductContext, 'registry' | 'clock' | 'random' | 'log'>, authorize: AuthorizeResource) {
    this.#context = context;
    this.#authorize = authorize;
  }

  dispose(): void {
    for (const cancel of this.#timers) cancel();
    this.#timers.clear();
  }

  /** Tries once now, and then as the target's retry policy says. */
  deliver(
    rule: Rule,
    target: RuleTarget,
    event: BusEvent,
    stats: RuleStats,
    startedAt = this.#context.clock.now(),
    retries = 0,
  ): void {
    try {
      this.#send(rule, target, event);
      stats.delivered += 1;
    } catch (error) {
      const failure = error as AwsError;
      const { maximumRetryAttempts, maximumEventAgeSeconds } = target.retry;
      const delay = Math.min(LAST_RETRY_MS, FIRST_RETRY_MS * 2 ** retries) * (0.5 + this.#context.random() / 2);
      const tooOld = this.#context.clock.now() + delay - startedAt > maximumEventAgeSeconds * 1000;
      const exhausted =
        retries >= maximumRetryAttempts ? 'MaximumRetryAttempts' : tooOld ? 'MaximumEventAgeInSeconds' : undefined;
      if (own(NOT_RETRIED, failure.code)) this.#giveUp(rule, target, event, stats, failure, retries);
      else if (exhausted) this.#giveUp(rule, target, event, stats, failure, retries, exhausted);
      else {
        stats.retried += 1;
        this.after(delay, () => this.deliver(rule, target, event, stats, startedAt, retries + 1));
      }
    }
  }

  after(milliseconds: number, callback: () => void): void {
    const cancel = this.#context.clock.schedule(milliseconds, () => {
      this.#timers.delete(cancel);
      callback();
    });
    this.#timers.add(cancel);
  }

  #send(rule: Rule, { arn, input }: RuleTarget, event: BusEvent): void {
    if (arn.split(':')[2] === 'lambda') {
      this.#check(rule, 'lambda:InvokeFunction', arn);
      const target = this.#context.registry.functions.get(arn) as AsynchronousTarget | undefined;
      if (!target) throw new AwsError('ResourceNotFoundException', `Function not found: ${arn}`, 404);
      const payload = parse(input(event, rule), rule);
      if (target.invokeAsynchronously) target.invokeAsynchronously(payload);
      else
        target
          .invoke(payload)
          .catch((error: Error) => this.#context.log('events', `${arn} failed on ${event.id}: ${error.message}`));
      return;
    }
    this.#check(rule, 'sqs:SendMessage', arn);
    this.#queue(arn).send(input(event, rule));
  }

  #giveUp(
    rule: Rule,
    target: RuleTarget,
    event: BusEvent,
    stats: RuleStats,
    error: AwsError,
    retries: number,
    exhausted?: string,
  ): void {
    const what = `event '${event['detail-type']}' ${event.id} of rule ${rule.name} to ${target.arn}`;
    const text = (StringValue: string) => ({ DataType: 'String', StringValue });
    try {
      if (target.deadLetterArn === undefined) throw new AwsError('NoDeadLetterQueue', 'there is no dead-letter queue');
      this.#check(rule, 'sqs:SendMessage', target.deadLetterArn);
      this.#queue(target.deadLetterArn).send(JSON.stringify(event), {
        attributes: {
          RULE_ARN: text(rule.arn),
          TARGET_ARN: text(target.arn),
          ERROR_CODE: text(own(NOT_RETRIED, error.code) ?? error.code ?? 'INTERNAL_ERROR'),
          ERROR_MESSAGE: text(error.message),
          RETRY_ATTEMPTS: { DataType: 'Number', StringValue: String(retries) },
          ...(exhausted && { EXHAUSTED_RETRY_CONDITION: text(exhausted) }),
        },
      });
      stats.deadLettered += 1;
      this.#context.log('events', `${what} went to the dead-letter queue: ${error.message}`);
    } catch (reason) {
      stats.dropped += 1;
      this.#context.log('events', `${what} was dropped: ${error.message}; ${(reason as Error).message}`);
    }
  }

  #check(rule: Rule, action: string, resource: string): void {
    const { allowed, reason } = this.#authorize({ principal: PRINCIPAL, action, resource, sourceArn: rule.arn });
    if (!allowed) throw new AwsError('AccessDenied', reason ?? `${PRINCIPAL} may not ${action} on ${resource}`, 403);
  }

  #queue(arn: string) {
    const queue = this.#context.registry.queues.get(arn);
    if (!queue) throw new AwsError('QueueDoesNotExist', `no queue ${arn}`);
    return queue;
  }
}

/** A function takes JSON only. */
function parse(text: string, rule: Rule): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new AwsError('InvalidParameterValue', `the input that rule ${rule.name} makes is not JSON: ${text.slice(0, 200)}`);
  }
}
