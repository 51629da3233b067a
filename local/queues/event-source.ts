import { AwsError, type Clock, type FunctionTarget, type InvokeResult, type Log } from '../types';
import { failedMessages } from './batch-response';
import { MAX_BATCH } from './limits';
import type { Queue, StoredMessage } from './queue';

/** An event source mapping from a queue to a function. */
export interface EventSourceOptions {
  readonly id: string;
  readonly queueArn: string;
  readonly functionArn: string;
  readonly batchSize: number;
  /** Longest wait for a batch to fill. */
  readonly windowSeconds: number;
  readonly reportsItemFailures: boolean;
  readonly maximumConcurrency?: number;
  readonly enabled: boolean;
}

export interface EventSourceSurroundings {
  readonly clock: Clock;
  readonly region: string;
  random(): number;
  readonly log: Log;
  function(arn: string): FunctionTarget | undefined;
}

/** Lambda starts with five batches at a time, and scales from there; here it stays at that. */
const DEFAULT_CONCURRENCY = 5;

/** Wait of one poll: Lambda long-polls with the most that SQS allows. */
const POLL_MS = 20_000;

/** Lambda's limit on the payload of an invocation; a batch that would be larger is handed over in parts. */
const MAX_PAYLOAD_BYTES = 6 * 1024 * 1024;

/** Waits after a throttle, the first and the longest, in milliseconds. An assumption: AWS documents only that it backs off. */
const FIRST_BACKOFF_MS = 200;
const LAST_BACKOFF_MS = 10_000;

/** Polls a queue and hands batches to a function. What isn't handled comes back when its visibility timeout ends. */
export class EventSource {
  readonly #queue: Queue;
  readonly #surroundings: EventSourceSurroundings;
  readonly #cancels = new Set<() => void>();
  #active = 0;
  #collecting = false;
  #disposed = false;

  constructor(
    readonly options: EventSourceOptions,
    queue: Queue,
    surroundings: EventSourceSurroundings,
  ) {
    this.#queue = queue;
    this.#surroundings = surroundings;
  }

  start(): void {
    if (this.options.enabled) this.#collect();
  }

  /** Stops polling and retrying. Batches that a function has are left to it. */
  dispose(): void {
    this.#disposed = true;
    for (const cancel of this.#cancels) cancel();
    this.#cancels.clear();
  }

  /** Gathers one batch, and then the next one while fewer than the limit are with the function. */
  #collect(): void {
    if (this.#disposed || this.#collecting || this.#active >= (this.options.maximumConcurrency ?? DEFAULT_CONCURRENCY)) return;
    this.#collecting = true;
    const batch: StoredMessage[] = [];
    let receivedAt = 0;
    let stopPoll = () => {};
    let stopWindow = () => {};

    let finished = false;

    const finish = () => {
      finished = true;
      stopPoll();
      stopWindow();
      this.#collecting = false;
      for (const part of parts(batch)) void this.#deliver(part, receivedAt);
      this.#collect();
    };
    const poll = () => {
      const maxMessages = Math.min(MAX_BATCH, this.options.batchSize - batch.length);
      let answered = false;
      const stop = this.#queue.poll({ maxMessages }, POLL_MS, (messages) => {
        answered = true;
        stopPoll();
        stopPoll = () => {};
        if (this.#disposed) return;
        if (batch.length === 0 && messages.length > 0) {
          receivedAt = this.#surroundings.clock.now();
          if (this.options.windowSeconds > 0) stopWindow = this.#after(this.options.windowSeconds * 1000, finish);
        }
        batch.push(...messages);
        const full = batch.length >= this.options.batchSize || bytesOf(batch) >= MAX_PAYLOAD_BYTES;
        if (full || (batch.length > 0 && this.options.windowSeconds === 0)) finish();
        // Not from within the queue's own turn. A window that has ended meanwhile has begun another batch.
        else queueMicrotask(() => !finished && !this.#disposed && poll());
      });
      if (!answered) stopPoll = this.#cancellable(stop);
    };
    poll();
  }

  async #deliver(messages: StoredMessage[], receivedAt: number): Promise<void> {
    this.#active += 1;
    try {
      const result = await this.#invoke(messages, receivedAt);
      if (result) this.#settle(messages, result);
    } finally {
      this.#active -= 1;
      this.#collect();
    }
  }

  /** Retries a throttle until the messages are visible again, when somebody else may have them. */
  async #invoke(messages: StoredMessage[], receivedAt: number): Promise<InvokeResult | undefined> {
    const { clock, random, log } = this.#surroundings;
    const visibleAgainAt = receivedAt + this.#queue.options.visibilitySeconds * 1000;
    const event = { Records: messages.map((message) => this.#record(message)) };
    for (let throttles = 0; !this.#disposed; throttles++) {
      try {
        const target = this.#surroundings.function(this.options.functionArn);
        if (!target) throw new AwsError('ResourceNotFoundException', `Function not found: ${this.options.functionArn}`, 404);
        return await target.invoke(event);
      } catch (error) {
        if ((error as AwsError).code !== 'TooManyRequestsException') {
          log(
            'queues',
            `${this.options.functionArn} could not be invoked with ${messages.length} messages: ${(error as Error).message}`,
          );
          return undefined;
        }
        const delay = Math.min(LAST_BACKOFF_MS, FIRST_BACKOFF_MS * 2 ** throttles) * (0.5 + random() / 2);
        if (clock.now() + delay >= visibleAgainAt) return undefined;
        await new Promise<void>((resolve) => this.#after(delay, resolve));
      }
    }
    return undefined;
  }

  #settle(messages: StoredMessage[], result: InvokeResult): void {
    const failed =
      this.options.reportsItemFailures || result.functionError ? failedMessages(messages, result) : new Set<string>();
    for (const { messageId, receiptHandle } of messages) if (!failed.has(messageId)) this.#queue.delete(receiptHandle);
    if (failed.size > 0) {
      const why = result.functionError ? `${result.functionError}: ${result.payload.slice(0, 200)}` : 'reported as failed';
      this.#surroundings.log(
        'queues',
        `${failed.size} of ${messages.length} messages of ${this.#queue.options.name} come back (${why})`,
      );
    }
  }

  /** A record as Lambda hands it to a function. */
  #record({ messageId, receiptHandle, body, bodyMd5, attributes, ...message }: StoredMessage) {
    return {
      messageId,
      receiptHandle,
      body,
      attributes: {
        ApproximateReceiveCount: String(message.receiveCount),
        SentTimestamp: String(message.sentAt),
        SenderId: 'AIDALOCALSENDER',
        ApproximateFirstReceiveTimestamp: String(message.firstReceivedAt),
      },
      messageAttributes: Object.fromEntries(
        Object.entries(attributes).map(([name, { DataType, StringValue, BinaryValue }]) => [
          name,
          {
            ...(StringValue !== undefined && { stringValue: StringValue }),
            ...(BinaryValue !== undefined && {
              binaryValue: typeof BinaryValue === 'string' ? BinaryValue : Buffer.from(BinaryValue).toString('base64'),
            }),
            stringListValues: [],
            binaryListValues: [],
            dataType: DataType,
          },
        ]),
      ),
      md5OfBody: bodyMd5,
      eventSource: 'aws:sqs',
      eventSourceARN: this.options.queueArn,
      awsRegion: this.#surroundings.region,
    };
  }

  #after(milliseconds: number, callback: () => void): () => void {
    const cancel = this.#surroundings.clock.schedule(milliseconds, () => {
      this.#cancels.delete(cancel);
      callback();
    });
    return this.#cancellable(cancel);
  }

  #cancellable(cancel: () => void): () => void {
    this.#cancels.add(cancel);
    return () => {
      this.#cancels.delete(cancel);
      cancel();
    };
  }
}

function bytesOf(messages: readonly StoredMessage[]): number {
  return messages.reduce((sum, { body }) => sum + Buffer.byteLength(body), 0);
}

/** The messages in as many parts as the payload limit asks for. */
function parts(messages: StoredMessage[]): StoredMessage[][] {
  const all: StoredMessage[][] = [];
  let bytes = Infinity;
  for (const message of messages) {
    bytes += bytesOf([message]);
    if (bytes > MAX_PAYLOAD_BYTES) {
      all.push([]);
      bytes = bytesOf([message]);
    }
    all.at(-1)!.push(message);
  }
  return all;
}
