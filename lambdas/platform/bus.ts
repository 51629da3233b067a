import { EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import { EVENT_SOURCE, type EventDetails, type EventType, type WRITES_QUEUED } from '../../lib/contract/events';
import { log } from './log';

/** Message for the bus. */
export type Message = { [Type in EventType]: { readonly type: Type; readonly detail: EventDetails[Type] } }[EventType];

/** Message for the flusher of queued writes, which isn't of the purge path. */
export interface FlushKick {
  readonly type: typeof WRITES_QUEUED;
  readonly detail: Record<string, never>;
}

/** Event bus, which messages are sent to. */
export interface Bus {
  /**
   * Sends messages. Acceptance isn't delivery, and the bus may deliver twice and in any order.
   *
   * @returns the positions of the messages that the bus did not accept; never throws.
   */
  publish(messages: readonly Message[]): Promise<Set<number>>;
}

/** Event bus as somebody uses it who kicks a flusher. */
export interface FlushBus {
  /** {@link Bus.publish}. */
  publish(messages: readonly FlushKick[]): Promise<Set<number>>;
}

export interface BusOptions {
  readonly name: string;
  /** @default - a client of this function's region */
  readonly client?: Pick<EventBridgeClient, 'send'>;
}

/**
 * PutEvents takes at most this many entries.
 *
 * @see https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEvents.html
 */
const MAX_ENTRIES = 10;

/** PutEvents takes at most 256 KiB in all, names included; the rest is room for those. */
const MAX_BYTES = 240 * 1024;

let sharedClient: EventBridgeClient | undefined;

/** Publishes to an event bus of EventBridge. */
export function createBus(options: BusOptions): Bus & FlushBus {
  const send = async (batch: Entry[], failed: Set<number>): Promise<void> => {
    try {
      const client = options.client ?? defaultClient();
      const { FailedEntryCount = 0, Entries = [] } = await client.send(
        new PutEventsCommand({
          Entries: batch.map(({ type, text }) => ({
            EventBusName: options.name,
            Source: EVENT_SOURCE,
            DetailType: type,
            Detail: text,
          })),
        }),
      );
      // A call that succeeds can still have refused entries; the answer lists them by position.
      if (FailedEntryCount === 0) return;
      batch.forEach(({ position, type }, index) => {
        const { EventId, ErrorCode } = Entries[index] ?? {};
        if (EventId) return;
        failed.add(position);
        log.warn('event refused by the bus', { type, code: ErrorCode });
      });
    } catch (error) {
      for (const { position } of batch) failed.add(position);
      log.warn('events not accepted by the bus', { count: batch.length, error });
    }
  };
  return {
    publish: async (messages: readonly (Message | FlushKick)[]) => {
      const failed = new Set<number>();
      await Promise.all(batches(messages).map((batch) => send(batch, failed)));
      return failed;
    },
  };
}

interface Entry {
  readonly position: number;
  readonly type: EventType | FlushKick['type'];
  readonly text: string;
}

function batches(messages: readonly (Message | FlushKick)[]): Entry[][] {
  const result: Entry[][] = [];
  let bytes = 0;
  messages.forEach(({ type, detail }, position) => {
    const text = JSON.stringify(detail);
    const size = Buffer.byteLength(text);
    const last = result.at(-1);
    if (!last || last.length === MAX_ENTRIES || bytes + size > MAX_BYTES) {
      result.push([{ position, type, text }]);
      bytes = size;
    } else {
      last.push({ position, type, text });
      bytes += size;
    }
  });
  return result;
}

/** Short budgets: whoever publishes has a guarantee behind it, the outbox, and needn't wait long. */
function defaultClient(): EventBridgeClient {
  sharedClient ??= new EventBridgeClient({ maxAttempts: 2, requestHandler: { connectionTimeout: 500, requestTimeout: 1_500 } });
  return sharedClient;
}
