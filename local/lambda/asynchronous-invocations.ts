import { randomUUID } from 'node:crypto';
import { AwsError, type InvokeResult, type ProductContext } from '../types';
import type { FunctionOptions } from './options';
import { MAX_ASYNC_REQUEST_BYTES } from './outcome';

/** Lambda waits one minute before the first retry after an error, two before the second; in milliseconds. */
const RETRY_DELAYS = [60_000, 120_000];

/** After a throttle Lambda tries again after a second, then ever later, up to every five minutes; in milliseconds. */
const FIRST_THROTTLE_DELAY = 1000;
const LAST_THROTTLE_DELAY = 300_000;

/** Runs the function once. */
type Attempt = (payload: string, requestId: string) => Promise<InvokeResult>;

interface QueuedEvent {
  readonly requestId: string;
  readonly payload: string;
  readonly acceptedAt: number;
  /** Times that the function ran. */
  attempts: number;
  /** Times in a row that it couldn't be run. */
  throttles: number;
  lastResult: InvokeResult | undefined;
}

type Condition = 'Success' | 'RetriesExhausted' | 'EventAgeExceeded';

/**
 * The events of one function that nobody waits for. An error is retried, then the event goes where the template says; a throttle
 * is retried for as long as the event may age.
 */
export class AsynchronousInvocations {
  readonly #options: FunctionOptions;
  readonly #attempt: Attempt;
  readonly #context: ProductContext;
  readonly #timers = new Set<() => void>();
  #disposed = false;

  constructor(options: FunctionOptions, attempt: Attempt, context: ProductContext) {
    this.#options = options;
    this.#attempt = attempt;
    this.#context = context;
  }

  /**
   * Accepts an event.
   * @param payload JSON text.
   * @returns its request id.
   * @throws {AwsError} `RequestTooLargeException` over 1 MiB.
   */
  accept(payload: string): string {
    const bytes = Buffer.byteLength(payload);
    if (bytes > MAX_ASYNC_REQUEST_BYTES) {
      const limit = `(limit ${MAX_ASYNC_REQUEST_BYTES} bytes)`;
      throw new AwsError(
        'RequestTooLargeException',
        `${bytes} byte payload is too large for the Event invocation type ${limit}`,
        413,
      );
    }
    const acceptedAt = this.#context.clock.now();
    const event = { requestId: randomUUID(), payload, acceptedAt, attempts: 0, throttles: 0, lastResult: undefined };
    this.#start(event);
    return event.requestId;
  }

  /** Drops what is waiting. */
  dispose(): void {
    this.#disposed = true;
    for (const cancel of this.#timers) cancel();
    this.#timers.clear();
  }

  /** Nobody awaits it, so what fails here, such as a destination that refuses a record for its size, is logged. */
  #start(event: QueuedEvent): void {
    this.#run(event).catch(({ message }: Error) => {
      this.#context.log('lambda', `${this.#options.name} failed on event ${event.requestId}: ${message}`);
    });
  }

  async #run(event: QueuedEvent): Promise<void> {
    const { maximumRetryAttempts, maximumEventAgeSeconds } = this.#options.asynchronous;
    if (this.#disposed) return;
    if (this.#context.clock.now() - event.acceptedAt > maximumEventAgeSeconds * 1000)
      return this.#finish(event, 'EventAgeExceeded');
    try {
      event.lastResult = await this.#attempt(event.payload, event.requestId);
      event.attempts += 1;
      event.throttles = 0;
    } catch {
      // It didn't run, which doesn't count as an attempt.
      const delay = Math.min(LAST_THROTTLE_DELAY, FIRST_THROTTLE_DELAY * 2 ** event.throttles);
      event.throttles += 1;
      return this.#later(delay, event);
    }
    if (!event.lastResult.functionError) return this.#finish(event, 'Success');
    if (event.attempts > maximumRetryAttempts) return this.#finish(event, 'RetriesExhausted');
    this.#later(RETRY_DELAYS[event.attempts - 1] ?? 0, event);
  }

  #later(milliseconds: number, event: QueuedEvent): void {
    if (this.#disposed) return;
    const cancel = this.#context.clock.schedule(milliseconds, () => {
      this.#timers.delete(cancel);
      this.#start(event);
    });
    this.#timers.add(cancel);
  }

  #finish(event: QueuedEvent, condition: Condition): void {
    if (this.#disposed) return;
    const { onSuccess, onFailure, deadLetterArn } = this.#options.asynchronous;
    const failed = condition !== 'Success';
    if (failed) this.#context.log('lambda', `${this.#options.name} failed on event ${event.requestId}: ${condition}`);
    if (failed && deadLetterArn) this.#sendDeadLetter(deadLetterArn, event);
    const destination = failed ? onFailure : onSuccess;
    if (destination) this.#sendRecord(destination, record(this.#options.arn, event, condition, this.#context.clock.now()));
  }

  #sendDeadLetter(arn: string, event: QueuedEvent): void {
    const message = event.lastResult ? errorMessage(event.lastResult.payload) : 'Rate Exceeded.';
    const text = (value: string) => ({ DataType: 'String', StringValue: value });
    this.#queue(arn)?.send(event.payload, {
      attributes: {
        RequestID: text(event.requestId),
        ErrorCode: { DataType: 'Number', StringValue: event.lastResult ? '200' : '429' },
        ErrorMessage: text(message),
      },
    });
  }

  #sendRecord(arn: string, body: unknown): void {
    if (arn.startsWith('arn:aws:sqs:')) {
      this.#queue(arn)?.send(JSON.stringify(body));
      return;
    }
    this.#context.registry.functions
      .get(arn)
      ?.invoke(body)
      .catch((error: Error) => this.#context.log('lambda', `destination ${arn}: ${error.message}`));
  }

  #queue(arn: string) {
    const queue = this.#context.registry.queues.get(arn);
    if (!queue) this.#context.log('lambda', `${this.#options.name} can't send to ${arn}: there is no such queue`);
    return queue;
  }
}

function errorMessage(payload: string): string {
  try {
    return String(JSON.parse(payload).errorMessage ?? payload);
  } catch {
    return payload;
  }
}

/** Record for a destination, in Lambda's format 1.0. */
function record(arn: string, event: QueuedEvent, condition: Condition, now: number) {
  const { lastResult } = event;
  return {
    version: '1.0',
    timestamp: new Date(now).toISOString(),
    requestContext: {
      requestId: event.requestId,
      functionArn: `${arn}:$LATEST`,
      condition,
      approximateInvokeCount: event.attempts,
    },
    requestPayload: JSON.parse(event.payload),
    ...(lastResult && {
      responseContext: {
        statusCode: 200,
        executedVersion: '$LATEST',
        ...(lastResult.functionError && { functionError: lastResult.functionError }),
      },
      responsePayload: jsonOrText(lastResult.payload),
    }),
  };
}

/** A runtime of one's own may answer with anything; text that isn't JSON is passed on as text. */
function jsonOrText(payload: string): unknown {
  try {
    return JSON.parse(payload || 'null');
  } catch {
    return payload;
  }
}
