import { randomUUID } from 'node:crypto';
import { AwsError, type Clock, type QueueMessage, type QueueTarget } from '../types';
import { MAX_BATCH, MAX_DELAY, MAX_IN_FLIGHT, MAX_VISIBILITY } from './limits';
import { attributesBytes, bodyMd5, type MessageAttributes } from './md5';

/** A standard queue. Times in seconds. */
export interface QueueOptions {
  readonly arn: string;
  readonly name: string;
  readonly url: string;
  readonly visibilitySeconds: number;
  readonly delaySeconds: number;
  readonly retentionSeconds: number;
  readonly maximumMessageBytes: number;
  /** Wait of a receive without `WaitTimeSeconds`. */
  readonly receiveWaitSeconds: number;
  readonly redrive?: { readonly deadLetterArn: string; readonly maxReceiveCount: number };
}

/** A message with what only the queue's own operations show. */
export interface StoredMessage extends QueueMessage {
  readonly attributes: MessageAttributes;
}

/** State of a queue, and counts of its messages since the start. */
export interface QueueStats {
  readonly visible: number;
  readonly inFlight: number;
  readonly delayed: number;
  readonly sent: number;
  readonly received: number;
  readonly deleted: number;
  /** Moved to the dead-letter queue. */
  readonly deadLettered: number;
  /** Dropped because they got too old. */
  readonly expired: number;
}

/** View of a message, for people; it stays where it is. */
export interface MessageView {
  readonly messageId: string;
  readonly body: string;
  readonly attributes: MessageAttributes;
  readonly sentAt: number;
  readonly receiveCount: number;
  /** Time from which it can be received. */
  readonly visibleAt: number;
}

/** Dependencies of a {@link Queue}. */
export interface QueueSurroundings {
  readonly clock: Clock;
  /** Uniform in [0, 1). */
  random(): number;
  /** Puts a message that was received too often into the dead-letter queue. @returns whether there is one. */
  deadLetter?(message: Moved): boolean;
  /** Probability that a receive takes a later message before an earlier one. */
  readonly reorderProbability?: number;
  /** Messages that may be in flight at a time. @default 120000 - SQS's quota */
  readonly maximumInFlight?: number;
}

/** A message on its way to a dead-letter queue. It keeps its id and its age: retention goes on counting. */
export interface Moved {
  readonly messageId: string;
  readonly body: string;
  readonly attributes: MessageAttributes;
  readonly sentAt: number;
}

interface Entry extends Moved {
  readonly bodyMd5: string;
  visibleAt: number;
  receiveCount: number;
  firstReceivedAt: number;
}

interface Waiter {
  readonly maxMessages: number;
  readonly visibilitySeconds: number | undefined;
  readonly deliver: (messages: StoredMessage[]) => void;
  /** Gives up, without calling back. */
  readonly stop: () => void;
}

/** Best-effort order: an assumption of how often a standard queue swaps neighbours; AWS says only that it may. */
const DEFAULT_REORDER_PROBABILITY = 0.05;

/**
 * Characters that a message can't have: those that XML can't.
 * @see https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html
 */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are the characters meant
const NOT_ALLOWED = /[\0-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]|\p{Surrogate}/u;

/** A standard queue of SQS: at least once, in about the order of sending, invisible while somebody works on a message. */
export class Queue implements QueueTarget {
  readonly #surroundings: QueueSurroundings;
  readonly #entries = new Map<string, Entry>();
  readonly #waiters = new Set<Waiter>();
  #wake: (() => void) | undefined;
  #counts = { sent: 0, received: 0, deleted: 0, deadLettered: 0, expired: 0 };

  constructor(
    readonly options: QueueOptions,
    surroundings: QueueSurroundings,
  ) {
    this.#surroundings = surroundings;
  }

  get arn(): string {
    return this.options.arn;
  }

  get url(): string {
    return this.options.url;
  }

  send(body: string, { delaySeconds = this.options.delaySeconds, attributes = {} }: SendOptions = {}) {
    const message = { messageId: randomUUID(), body, attributes: attributes as MessageAttributes, sentAt: this.#now() };
    const bytes = Buffer.byteLength(body) + attributesBytes(message.attributes);
    if (bytes > this.options.maximumMessageBytes) {
      throw invalid(`Message must be shorter than ${this.options.maximumMessageBytes} bytes.`);
    }
    if (bytes === 0) throw new AwsError('MissingParameter', 'The request must contain the parameter MessageBody.');
    if (NOT_ALLOWED.test(body)) {
      throw new AwsError('InvalidMessageContents', 'The message contains characters outside the allowed set.');
    }
    within(delaySeconds, 0, MAX_DELAY, 'DelaySeconds');
    this.#put(message, delaySeconds);
    return { messageId: message.messageId, bodyMd5: bodyMd5(body) };
  }

  /** Takes over a message that another queue has given up on. */
  takeOver(message: Moved): void {
    this.#put(message, 0);
  }

  receive({ maxMessages, visibilitySeconds }: ReceiveOptions): StoredMessage[] {
    within(maxMessages, 1, MAX_BATCH, 'MaxNumberOfMessages');
    const hiddenFor = visibilitySeconds ?? this.options.visibilitySeconds;
    within(hiddenFor, 0, MAX_VISIBILITY, 'VisibilityTimeout');
    this.#expire();
    if (this.#isFull()) throw new AwsError('OverLimit', 'Too many messages in flight');
    return this.#pick(maxMessages).map((entry) => {
      entry.visibleAt = this.#now() + hiddenFor * 1000;
      entry.receiveCount += 1;
      entry.firstReceivedAt ||= this.#now();
      this.#counts.received += 1;
      return received(entry);
    });
  }

  /**
   * Receives, and waits where there is nothing: calls back once, with nothing after `waitMilliseconds`. A long poll waits as well
   * while too many messages are in flight, which is an error of a short one.
   * @see https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html
   * @returns stops waiting, without calling back.
   */
  poll(options: ReceiveOptions, waitMilliseconds: number, deliver: (messages: StoredMessage[]) => void): () => void {
    const messages = waitMilliseconds > 0 && this.#isFull() ? [] : this.receive(options);
    if (messages.length > 0 || waitMilliseconds <= 0) {
      deliver(messages);
      return () => {};
    }
    const cancel = this.#surroundings.clock.schedule(waitMilliseconds, () => {
      this.#waiters.delete(waiter);
      deliver([]);
    });
    const stop = () => {
      this.#waiters.delete(waiter);
      cancel();
    };
    const waiter: Waiter = {
      maxMessages: options.maxMessages,
      visibilitySeconds: options.visibilitySeconds,
      stop,
      deliver: (found) => {
        stop();
        deliver(found);
      },
    };
    this.#waiters.add(waiter);
    this.#serve();
    return stop;
  }

  /**
   * Deletes by the handle of the last receive. One of an earlier receive, or of a message that is gone, changes nothing, as in
   * AWS.
   */
  delete(receiptHandle: string): void {
    const { messageId, receive } = parseHandle(receiptHandle);
    if (this.#entries.get(messageId)?.receiveCount !== receive) return;
    const wasFull = this.#isFull();
    this.#entries.delete(messageId);
    this.#counts.deleted += 1;
    if (wasFull) this.#serve();
  }

  changeVisibility(receiptHandle: string, seconds: number): void {
    within(seconds, 0, MAX_VISIBILITY, 'VisibilityTimeout');
    const { messageId, receive } = parseHandle(receiptHandle);
    const entry = this.#entries.get(messageId);
    if (!entry || entry.receiveCount !== receive || entry.visibleAt <= this.#now()) {
      throw new AwsError('MessageNotInflight', 'The message referred to is not in flight.');
    }
    entry.visibleAt = this.#now() + seconds * 1000;
    this.#serve();
  }

  /** Gives up every message that is visible, as a redrive takes them. */
  moveOut(): Moved[] {
    this.#expire();
    const moved = [...this.#entries.values()].filter((entry) => entry.visibleAt <= this.#now());
    for (const { messageId } of moved) this.#entries.delete(messageId);
    this.#counts.deleted += moved.length;
    return moved;
  }

  /** Deletes every message. */
  purge(): void {
    this.#counts.deleted += this.#entries.size;
    this.#entries.clear();
  }

  /** Views of the oldest messages, in flight or not. */
  peek(most: number): MessageView[] {
    return [...this.#entries.values()].slice(0, most).map(({ bodyMd5: _, firstReceivedAt: __, ...view }) => ({ ...view }));
  }

  stats(): QueueStats {
    this.#expire();
    const now = this.#now();
    const hidden = [...this.#entries.values()].filter((entry) => entry.visibleAt > now);
    const inFlight = hidden.filter((entry) => entry.receiveCount > 0).length;
    return { visible: this.#entries.size - hidden.length, inFlight, delayed: hidden.length - inFlight, ...this.#counts };
  }

  /** Calls nobody back any more. */
  dispose(): void {
    for (const { stop } of [...this.#waiters]) stop();
    this.#wake?.();
    this.#wake = undefined;
  }

  #put(message: Moved, delaySeconds: number): void {
    this.#entries.set(message.messageId, {
      ...message,
      bodyMd5: bodyMd5(message.body),
      visibleAt: this.#now() + delaySeconds * 1000,
      receiveCount: 0,
      firstReceivedAt: 0,
    });
    this.#counts.sent += 1;
    this.#serve();
  }

  /** The next visible messages, with those that were received too often out of the way. */
  #pick(maxMessages: number): Entry[] {
    const now = this.#now();
    const picked: Entry[] = [];
    for (const entry of [...this.#entries.values()]) {
      if (entry.visibleAt > now) continue;
      const { redrive } = this.options;
      if (redrive && entry.receiveCount >= redrive.maxReceiveCount && this.#surroundings.deadLetter?.(entry)) {
        this.#entries.delete(entry.messageId);
        this.#counts.deadLettered += 1;
        continue;
      }
      picked.push(entry);
      // One more than asked for, so that there is one to swap with.
      if (picked.length > maxMessages) break;
    }
    for (let i = 1; i < picked.length; i++) {
      if (this.#surroundings.random() < (this.#surroundings.reorderProbability ?? DEFAULT_REORDER_PROBABILITY)) {
        [picked[i - 1], picked[i]] = [picked[i]!, picked[i - 1]!];
      }
    }
    return picked.slice(0, maxMessages);
  }

  /** Gives waiters what is visible, and comes back when the next message gets visible. */
  #serve(): void {
    this.#wake?.();
    this.#wake = undefined;
    if (this.#waiters.size === 0) return;
    for (const waiter of this.#isFull() ? [] : [...this.#waiters]) {
      const { maxMessages, visibilitySeconds } = waiter;
      const messages = this.receive({ maxMessages, ...(visibilitySeconds !== undefined && { visibilitySeconds }) });
      if (messages.length === 0) break;
      waiter.deliver(messages);
    }
    if (this.#waiters.size === 0 || this.#wake) return;
    // While too many are in flight, the next to wait for is one of those; what is visible already waits with the waiters.
    const now = this.#now();
    const full = this.#isFull();
    let next = Infinity;
    for (const { visibleAt } of this.#entries.values()) if (visibleAt < next && !(full && visibleAt <= now)) next = visibleAt;
    if (next === Infinity) return;
    // A timer may fire a little early; at least a millisecond keeps that from going round in circles.
    this.#wake = this.#surroundings.clock.schedule(Math.max(1, next - now), () => {
      this.#wake = undefined;
      this.#serve();
    });
  }

  #isFull(): boolean {
    // Counting takes a look at every message, which only a queue of that size needs.
    const { maximumInFlight = MAX_IN_FLIGHT } = this.#surroundings;
    return this.#entries.size >= maximumInFlight && this.stats().inFlight >= maximumInFlight;
  }

  #expire(): void {
    const oldest = this.#now() - this.options.retentionSeconds * 1000;
    for (const { messageId, sentAt } of this.#entries.values()) {
      if (sentAt > oldest) continue;
      this.#entries.delete(messageId);
      this.#counts.expired += 1;
    }
  }

  #now(): number {
    return this.#surroundings.clock.now();
  }
}

type SendOptions = NonNullable<Parameters<QueueTarget['send']>[1]>;
type ReceiveOptions = Parameters<QueueTarget['receive']>[0];

function received(entry: Entry): StoredMessage {
  const { messageId, body, bodyMd5, attributes, sentAt, receiveCount, firstReceivedAt } = entry;
  const receiptHandle = Buffer.from(`${messageId}#${receiveCount}`).toString('base64url');
  return { messageId, receiptHandle, body, bodyMd5, attributes, sentAt, receiveCount, firstReceivedAt };
}

function parseHandle(receiptHandle: string): { messageId: string; receive: number } {
  const match = /^([0-9a-f-]{36})#(\d+)$/.exec(Buffer.from(receiptHandle, 'base64url').toString());
  if (!match)
    throw new AwsError('ReceiptHandleIsInvalid', `The input receipt handle "${receiptHandle}" is not a valid receipt handle.`);
  return { messageId: match[1]!, receive: Number(match[2]) };
}

function invalid(reason: string): AwsError {
  return new AwsError('InvalidParameterValue', `One or more parameters are invalid. Reason: ${reason}`);
}

function within(value: number, least: number, most: number, parameter: string): void {
  if (Number.isInteger(value) && value >= least && value <= most) return;
  throw invalid(`Value ${value} for parameter ${parameter} is invalid. Must be between ${least} and ${most}.`);
}
