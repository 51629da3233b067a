import { EVENT_SOURCE, type EventDetails, type EventType } from '../../../lib/contract/events';
import { tagProblem } from '../../../lib/route';
import { isVersion } from '../../runtime/versions/version';
import { afterFreeze } from '../after-freeze';
import { log } from '../log';
import { pathProblem } from './edge-path';
import { isPurgeId } from './report';

/** Event of an SQS queue; each body is an event of the bus, or one that looks like it. */
export interface QueueEvent {
  /** Messages of a batch. */
  readonly Records: readonly { readonly messageId: string; readonly body: string }[];
}

/** Messages that go back to the queue. */
export interface QueueResponse {
  /** Ids of the messages. */
  readonly batchItemFailures: { itemIdentifier: string }[];
}

/** A message that was received. */
export interface Received<Type extends EventType> {
  readonly messageId: string;
  readonly detail: EventDetails[Type];
}

/** Handles all messages of its type in one batch. @returns the ids of those that must come again; all of them where it throws. */
export type Step<Type extends EventType> = (messages: readonly Received<Type>[]) => Promise<Iterable<string>>;

/** The steps of one worker, by detail-type. */
export type Steps = { readonly [Type in EventType]?: Step<Type> };

export interface WorkerOptions {
  /**
   * True where steps of different types run at once, because some of them wait.
   * @default false - one type after another, in the order in which they are listed
   */
  readonly atOnce?: boolean;
}

/**
 * A handler for a queue. EventDetails that failed, and those that make no sense, go back to the queue and after a few times to
 * its dead-letter queue, where somebody can look at them.
 */
export function createWorker(steps: Steps, options: WorkerOptions = {}): (event: QueueEvent) => Promise<QueueResponse> {
  return async (event) => {
    await afterFreeze();
    const failed = new Set<string>();
    const groups = new Map<EventType, Received<EventType>[]>();
    for (const { messageId, body } of event.Records) {
      try {
        const { type, detail } = parseEvent(body);
        if (!steps[type]) throw new RangeError(`this worker has no step for '${type}'`);
        groups.set(type, [...(groups.get(type) ?? []), { messageId, detail }]);
      } catch (error) {
        log.error('message refused', { messageId, error });
        failed.add(messageId);
      }
    }
    const run = async (type: EventType): Promise<void> => {
      const messages = groups.get(type) ?? [];
      try {
        for (const messageId of await (steps[type] as Step<EventType>)(messages)) failed.add(messageId);
      } catch (error) {
        log.error('step failed', { type, messages: messages.length, error });
        for (const { messageId } of messages) failed.add(messageId);
      }
    };
    const types = (Object.keys(steps) as EventType[]).filter((type) => groups.has(type));
    if (options.atOnce) await Promise.all(types.map(run));
    else for (const type of types) await run(type);
    return { batchItemFailures: [...failed].map((itemIdentifier) => ({ itemIdentifier })) };
  };
}

/** The event as a worker's queue holds it. */
export function formatEvent<Type extends EventType>(type: Type, detail: EventDetails[Type]): string {
  return JSON.stringify({ source: EVENT_SOURCE, 'detail-type': type, detail });
}

/** @throws {RangeError} that says what is wrong, without repeating the message. */
function parseEvent(body: string): { type: EventType; detail: EventDetails[EventType] } {
  let event: { source?: unknown; 'detail-type'?: unknown; detail?: unknown };
  try {
    event = JSON.parse(body) ?? {};
  } catch {
    throw new RangeError('the body must be JSON');
  }
  const type = event['detail-type'];
  if (event.source !== EVENT_SOURCE || typeof type !== 'string' || !Object.hasOwn(FIELDS, type)) {
    throw new RangeError(`the event must have source '${EVENT_SOURCE}' and a known detail-type`);
  }
  const detail = event.detail as Record<string, unknown> | undefined;
  for (const [name, check] of Object.entries(FIELDS[type as EventType])) {
    const problem = check(detail?.[name], detail ?? {});
    if (problem) throw new RangeError(`'detail.${name}' of ${type} ${problem}`);
  }
  return { type: type as EventType, detail: detail as unknown as EventDetails[EventType] };
}

/** @returns what is wrong; `detail` is what the value is a part of. */
type Check = (value: unknown, detail: Readonly<Record<string, unknown>>) => string | undefined;

const id: Check = (value) => (typeof value === 'string' && isPurgeId(value) ? undefined : 'must be a UUID');
const text: Check = (value) => (typeof value === 'string' && value !== '' ? undefined : 'must be a text');
const time: Check = (value) => (Number.isSafeInteger(value) ? undefined : 'must be epoch milliseconds');
const list =
  (of: Check): Check =>
  (value, detail) =>
    Array.isArray(value) ? value.map((each) => of(each, detail)).find((problem) => problem !== undefined) : 'must be a list';
/** Tags that a database column and one event take; the writer's outbox has the same rule. */
const tags: Check = (value, { paths }) => {
  const least = Array.isArray(paths) && paths.length > 0 ? 0 : 1;
  if (!Array.isArray(value) || value.length < least || value.length > 50) return `must be a list of ${least} to 50 tags`;
  return value.map(tagProblem).find((problem) => problem !== undefined);
};
const paths: Check = (value) => {
  if (!Array.isArray(value) || value.length > 10) return 'must be a list of at most 10 paths';
  return value.map(pathProblem).find((problem) => problem !== undefined);
};
const mode: Check = (value) => (value === 'delete' || value === 'expire' ? undefined : "must be 'delete' or 'expire'");
const flag: Check = (value) => (typeof value === 'boolean' ? undefined : 'must be true or false');
const optional =
  (check: Check): Check =>
  (value, detail) =>
    value === undefined ? undefined : check(value, detail);
const refresh: Check = (value) => {
  const { paths: asked, version } = (value ?? {}) as Record<string, unknown>;
  return paths(asked, {}) ?? (isVersion(version) ? undefined : 'must have a version');
};
const request = { purgeId: id, tags, paths: optional(paths), mode, prompt: optional(flag), urgent: optional(flag) };

/** Fields that each message must have, by detail-type. */
const FIELDS: Record<EventType, Record<string, Check>> = {
  OutboxKicked: {},
  PurgeSubmitted: request,
  ReplayRequested: { replayId: id, from: time, to: time },
  PurgeRequested: { ...request, version: (value) => (isVersion(value) ? undefined : 'must be a version') },
  WakeRequested: { at: time },
  WarmRequested: { reason: text },
  GatewayPurgeRequested: {
    commandId: id,
    purgeIds: list(id),
    notBefore: time,
    sentAt: time,
    waitedMs: optional(time),
    refresh: optional(refresh),
    throttled: optional(time),
  },
  EdgePurgeRequested: { batchId: id, items: list(text), throttled: optional(time) },
  GatewayPurged: { commandId: id, purgeIds: list(id), requestedAt: time, acknowledgedAt: time },
  EdgePurgeAccepted: { batchId: id, invalidationId: text, acceptedAt: time },
  EdgePurgeCompleted: { batchId: id, invalidationId: text, completedAt: time },
  TopologyReported: {
    replicationGroupId: text,
    status: text,
    reportedAt: time,
    shards: (value) => (Array.isArray(value) ? undefined : 'must be a list'),
  },
};
