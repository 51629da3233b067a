import { randomUUID } from 'node:crypto';
import type { Pool, PoolClient } from 'pg';
import type { EventDetails, PurgeMode } from '../../../lib/contract/events';
import { type Clock, systemClock } from '../../runtime/clock';
import type { Bus, Message } from '../bus';
import { transaction } from '../database';
import { log } from '../log';
import { type Advance, advance, isSomethingDue, wakeLost } from './advance';
import { joinEdgeBatch, lockPace } from './edge-batches';
import { MAX_REFRESHES } from './exact-keys';
import { failedOver, recordTopology } from './failover';
import { joinGatewayCommand } from './gateway-commands';
import { type Recorded, recordEdgeAccepted, recordEdgeCompleted, recordGateway, recordShared, sharedAlready } from './ledger';
import { EDGE_COMPLETION_SECONDS, Outbox, type Sent } from './outbox';
import type { Pacing } from './pacing';
import { replayPurges, submitPurge } from './purge-requests';
import { housekeeping } from './retention';
import type { Step } from './worker';

/*
 * The way of a purge, from the inside out; each step begins when the one before was acknowledged:
 *
 *   writer -> outbox -> [bus] -> shared -> (drain) -> gateway -> (window, slots) -> edge -> complete
 *
 * The bus delivers at least once and in any order, and any process can die anywhere. So every step can be repeated, and
 * everything that still has to be said is a row of the outbox, written together with what it follows from.
 */

/** Part of the cache that a purge needs. */
export interface SharedTier {
  /** Rejects where some shard can't be purged. */
  purgeTags(tags: readonly string[], options: { readonly version: string; readonly mode?: PurgeMode }): Promise<void>;
}

/** Dependencies of the steps that run in the VPC. */
export interface VpcContext {
  /** The primary. */
  readonly primary: Pool;
  readonly bus: Bus;
}

/** Dependencies of the steps that pace the outer tiers. */
export interface PacedContext extends VpcContext {
  readonly pacing: Pacing;
}

/** Ports of the executor, which runs outside of the VPC. It keeps nothing: whatever it must not forget goes through a queue. */
export interface ExecutorPorts {
  readonly bus: Bus;
  readonly stageCache: {
    flush(): Promise<void>;
    /**
     * Has one response made anew and kept in place of the old one.
     * @returns whether that is proven; otherwise only a flush does it.
     */
    refresh(path: string, version: string): Promise<boolean>;
  };
  readonly distribution: {
    /** Creates the invalidation of a batch, once however often it is asked. @returns the id of the invalidation. */
    invalidate(batchId: string, items: readonly string[]): Promise<string>;
    isCompleted(invalidationId: string): Promise<boolean>;
  };
  /** Test for a throttle. @default - no error is one */
  readonly isThrottle?: (error: unknown) => boolean;
  /** Hands a message back to the executor, after a delay of at most {@link MAX_DELAY_SECONDS}. */
  defer(message: Message, delaySeconds: number): Promise<void>;
  readonly clock?: Clock;
  /** Uniform in [0, 1). @default Math.random */
  readonly random?: () => number;
}

// 1. The writer, right after its commit: `after-commit.ts`. A purge that came over the bus, from somebody who is no writer:
//   from here on it is like any other.

export function submittedStep(context: VpcContext): Step<'PurgeSubmitted'> {
  return oneByOne(async (detail) => {
    await sendNow(context, await transaction(context.primary, (client) => submitPurge(client, detail)));
  });
}

/** The same purges again, by the time of their commit: after a failover, or because somebody wants to be sure. */
export function replayStep(context: VpcContext): Step<'ReplayRequested'> {
  return oneByOne(async ({ replayId, from, to }) => {
    const purges = await transaction(context.primary, (client) => replayPurges(client, replayId, new Date(from), new Date(to)));
    log.info('purges replayed', { replayId, purges });
    await new Outbox(context.primary, context.bus).sendDue();
  });
}

// 2. The relay, kicked by a writer and swept by a schedule: publishes due outbox rows, and advances what waits for its time.

export async function relayStep(context: PacedContext, outOfTime: () => boolean): Promise<Sent> {
  // Most kicks are of a writer, whose row is all there is to do: the lock that everybody needs is left alone then.
  if (await isSomethingDue(context.primary, context.pacing))
    await commitThenSend(context, (client) => advance(client, context.pacing));
  return new Outbox(context.primary, context.bus).sendDue(outOfTime);
}

/** Rest of the sweep: deletes what is long complete, and reports how much is late. */
export function sweepStep({ primary }: VpcContext): Promise<void> {
  return housekeeping(primary);
}

// 3. Shared tier: purge it, then ask for the gateway, no earlier than the drain ends.

export function sharedStep(context: PacedContext & { shared: SharedTier; drainSeconds: number }): Step<'PurgeRequested'> {
  return async (messages) => {
    const known = await sharedAlready(
      context.primary,
      messages.map(({ detail }) => detail.purgeId),
    );
    const failed: string[] = [];
    const purged: EventDetails['PurgeRequested'][] = [];
    await Promise.all(
      messages.map(async ({ messageId, detail }) => {
        try {
          // A repeated message must not make entries misses that were filled since.
          if (!known.has(detail.purgeId) && detail.tags.length > 0) {
            await context.shared.purgeTags(detail.tags, { version: detail.version, mode: detail.mode });
          }
          purged.push(detail);
        } catch (error) {
          log.warn('shared tier not purged', { purgeId: detail.purgeId, error });
          failed.push(messageId);
        }
      }),
    );
    if (purged.length > 0) {
      await commitThenSend(context, async (client) => {
        await lockPace(client);
        const acknowledged = await recordShared(client, purged);
        await joinGatewayCommand(client, acknowledged, context.drainSeconds);
        return advance(client, context.pacing);
      });
    }
    return failed;
  };
}

// 4. Gateway, in the executor: some refreshes, or one flush, for every command whose drain is over.

/** Longest delay of a message. @see https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html */
export const MAX_DELAY_SECONDS = 900;

/** The longest that the executor waits by itself, in milliseconds: delays of messages are whole seconds. */
const MAX_WAIT_MS = 1_000;

export function gatewayStep(ports: ExecutorPorts): Step<'GatewayPurgeRequested'> {
  const { bus, stageCache, clock = systemClock } = ports;
  return async (messages) => {
    const failed: string[] = [];
    const due: (typeof messages)[number][] = [];
    for (const message of messages) {
      const left = drainLeftMs(message.detail);
      if (left <= MAX_WAIT_MS) due.push(message);
      else await deferCommand(ports, message.detail, left).catch(returnToQueue(message, failed));
    }
    if (due.length === 0) return failed;
    const waitMs = Math.max(0, ...due.map(({ detail }) => drainLeftMs(detail)));
    // A timer may be a little early, and a flush before the end of the drain counts for nothing.
    if (waitMs > 0) await clock.sleep(waitMs + 1);
    try {
      if (!(await refreshed(stageCache, due))) await stageCache.flush();
    } catch (error) {
      log.warn('stage cache not flushed', { commands: due.length, error });
      for (const message of due) {
        const detail = { ...waited(message.detail, waitMs), throttled: (message.detail.throttled ?? 0) + 1 };
        const again: Message = { type: 'GatewayPurgeRequested', detail };
        await whenThrottled(ports, error, again).catch(returnToQueue(message, failed));
      }
      return failed;
    }
    const acknowledgedAt = clock.now();
    const refused = await bus.publish(
      due.map(({ detail }) => {
        const { commandId, purgeIds, sentAt } = detail;
        const requestedAt = sentAt + waited(detail, waitMs).waitedMs;
        return { type: 'GatewayPurged', detail: { commandId, purgeIds, requestedAt, acknowledgedAt } };
      }),
    );
    return [...failed, ...due.filter((_, index) => refused.has(index)).map(({ messageId }) => messageId)];
  };
}

type GatewayCommand = EventDetails['GatewayPurgeRequested'];

/**
 * Time until the drain of a command ends, in milliseconds, as far as the executor has waited itself. The way of the message isn't
 * counted, so that it is never too little; and no clock of the executor's is, which may be ahead of the primary's.
 */
const drainLeftMs = ({ notBefore, sentAt, waitedMs = 0 }: GatewayCommand): number => notBefore - sentAt - waitedMs;

const waited = (detail: GatewayCommand, ms: number) => ({ ...detail, waitedMs: (detail.waitedMs ?? 0) + ms });

/** Defers a command in whole seconds, by less than is left. A queue hides a message for no shorter than it is told. */
async function deferCommand({ defer }: ExecutorPorts, detail: GatewayCommand, leftMs: number): Promise<void> {
  const seconds = Math.max(1, Math.min(MAX_DELAY_SECONDS, Math.floor(leftMs / 1000)));
  await defer({ type: 'GatewayPurgeRequested', detail: waited(detail, seconds * 1000) }, seconds);
}

/**
 * Refreshes key by key, where all of the commands name their keys.
 *
 * @returns false where something is left that only a flush does.
 */
async function refreshed(
  stageCache: ExecutorPorts['stageCache'],
  commands: readonly { detail: EventDetails['GatewayPurgeRequested'] }[],
): Promise<boolean> {
  const versions = new Map<string, string>();
  for (const { detail } of commands) {
    if (!detail.refresh) return false;
    const { paths, version } = detail.refresh;
    for (const path of paths) if ((versions.get(path) ?? '') < version) versions.set(path, version);
  }
  if (versions.size > MAX_REFRESHES) return false;
  const done = await Promise.all([...versions].map(([path, version]) => stageCache.refresh(path, version)));
  return done.every((proven) => proven);
}

/** Kicks the relay at a time, or at several. It is only for speed; the sweep comes by anyway. */
export function wakeStep(ports: ExecutorPorts): Step<'WakeRequested'> {
  const { bus, clock = systemClock } = ports;
  const wake = oneByOne<EventDetails['WakeRequested']>(async (detail) => {
    if (detail.at - clock.now() > MAX_WAIT_MS) return deferUntil(ports, { type: 'WakeRequested', detail }, detail.at);
    await clock.sleep(Math.max(0, detail.at - clock.now()));
    await publish(bus, { type: 'OutboxKicked', detail: {} });
  });
  // All at once: the first needn't be the earliest.
  return async (messages) => (await Promise.all(messages.map((message) => wake([message])))).flat();
}

// 5. The stage cache is fresh: only now may the purges join a batch for the edge.

export function gatewayPurgedStep(context: PacedContext): Step<'GatewayPurged'> {
  return async (messages) => {
    await commitThenSend(context, async (client) => {
      await lockPace(client);
      const purges = [];
      for (const { detail } of messages) {
        const recorded = await recordGateway(client, detail);
        logIgnored('GatewayPurged', recorded.outcome, { commandId: detail.commandId });
        purges.push(...recorded.purges);
      }
      await joinEdgeBatch(client, purges, context.pacing);
      return advance(client, context.pacing);
    });
    return [];
  };
}

// 6. Edge, in the executor: create the invalidation, then ask until it is completed.

export function edgeStep(ports: ExecutorPorts): Step<'EdgePurgeRequested'> {
  const { bus, distribution, defer, clock = systemClock } = ports;
  return oneByOne(async (detail) => {
    const { batchId, items, throttled = 0 } = detail;
    let invalidationId: string;
    try {
      invalidationId = await distribution.invalidate(batchId, items);
    } catch (error) {
      const again: Message = { type: 'EdgePurgeRequested', detail: { ...detail, throttled: throttled + 1 } };
      return whenThrottled(ports, error, again);
    }
    const accepted: Message = { type: 'EdgePurgeAccepted', detail: { batchId, invalidationId, acceptedAt: clock.now() } };
    // Asking for the completion is what must not be forgotten, so it comes first.
    await defer(accepted, pollDelaySeconds(0));
    await publish(bus, accepted);
  });
}

export function edgePollStep(ports: ExecutorPorts): Step<'EdgePurgeAccepted'> {
  const { bus, distribution, defer, clock = systemClock } = ports;
  return oneByOne(async (detail) => {
    const { batchId, invalidationId, acceptedAt } = detail;
    if (await distribution.isCompleted(invalidationId)) {
      await publish(bus, { type: 'EdgePurgeCompleted', detail: { batchId, invalidationId, completedAt: clock.now() } });
    } else {
      await defer({ type: 'EdgePurgeAccepted', detail }, pollDelaySeconds(clock.now() - acceptedAt));
    }
  });
}

/**
 * Asks after 2 s, then at intervals of half the time that has passed: AWS says 25 s at P95, and its API doesn't like being asked
 * often.
 */
export function pollDelaySeconds(elapsedMs: number): number {
  return Math.max(2, Math.min(30, Math.ceil(elapsedMs / 2000)));
}

// 7. CloudFront's two answers; the second completes the purges.

export function edgeAcceptedStep({ primary }: VpcContext): Step<'EdgePurgeAccepted'> {
  return oneByOne(async (detail) => {
    const recorded = await transaction(primary, (client) => recordEdgeAccepted(client, detail, EDGE_COMPLETION_SECONDS));
    logIgnored('EdgePurgeAccepted', recorded, { batchId: detail.batchId });
  });
}

export function edgeCompletedStep(context: PacedContext): Step<'EdgePurgeCompleted'> {
  return oneByOne(async (detail) => {
    const recorded = await transaction(context.primary, (client) => recordEdgeCompleted(client, detail));
    logIgnored('EdgePurgeCompleted', recorded, { batchId: detail.batchId });
    // Its slots are free for what waits.
    await commitThenSend(context, (client) => advance(client, context.pacing));
  });
}

// Beside the path: the cluster's state, which comes the same way.

export function topologyStep(context: VpcContext & { drainSeconds: number }): Step<'TopologyReported'> {
  return oneByOne(async (report) => {
    const purges = await transaction(context.primary, async (client) => {
      const before = await recordTopology(client, report);
      if (!before || !failedOver(before, report)) return undefined;
      // A new primary may lack what the old one acknowledged, and nobody knows when the change was.
      const since = new Date(before.reportedAt - context.drainSeconds * 1000);
      return replayPurges(client, randomUUID(), since, new Date());
    });
    if (purges === undefined) return;
    log.warn('purges replayed after a failover of the shared tier', { purges });
    await new Outbox(context.primary, context.bus).sendDue();
    await context.bus.publish([{ type: 'WarmRequested', detail: { reason: 'failover' } }]);
  });
}

/**
 * Commits some work, then sends the outbox rows that follow from it, and schedules a wake-up of the relay for the next that is
 * due.
 */
async function commitThenSend(context: PacedContext, work: (client: PoolClient) => Promise<Advance>): Promise<void> {
  const { outboxIds, wakeAt } = await transaction(context.primary, work);
  const wake = async (): Promise<void> => {
    if (wakeAt === undefined) return;
    if ((await context.bus.publish([{ type: 'WakeRequested', detail: { at: wakeAt } }])).size > 0)
      await wakeLost(context.primary);
  };
  await Promise.all([sendNow(context, outboxIds), wake()]);
}

/** Defers a message of the executor until a little before its time. */
async function deferUntil({ defer, clock = systemClock }: ExecutorPorts, message: Message, at: number): Promise<void> {
  await defer(message, Math.max(1, Math.min(MAX_DELAY_SECONDS, Math.floor((at - clock.now()) / 1000))));
}

/**
 * Message that an API throttled; it is tried again after a time between nothing and twice as long as the time before (full
 * jitter).
 */
async function whenThrottled(
  ports: ExecutorPorts,
  error: unknown,
  message: Message & { detail: { throttled?: number } },
): Promise<void> {
  const { defer, random = Math.random, isThrottle = () => false } = ports;
  if (!isThrottle(error)) throw error;
  const most = Math.min(60, 2 ** Math.min(10, message.detail.throttled ?? 1));
  await defer(message, Math.ceil(random() * most));
}

function returnToQueue({ messageId }: { messageId: string }, failed: string[]): (error: unknown) => void {
  return (error) => {
    log.warn('message goes back to the queue', { messageId, error });
    failed.push(messageId);
  };
}

/** Sends rows that were just written. Where that fails they are due, and the sweep sends them. */
async function sendNow({ primary, bus }: VpcContext, outboxIds: readonly string[]): Promise<void> {
  if (outboxIds.length === 0) return;
  try {
    const { failed } = await new Outbox(primary, bus).send(outboxIds);
    if (failed > 0) log.warn('commands left to the sweep', { failed });
  } catch (error) {
    log.warn('commands left to the sweep', { failed: outboxIds.length, error });
  }
}

/** Step that handles messages one by one; those that fail come again. */
function oneByOne<Detail>(
  handle: (detail: Detail) => Promise<void>,
): (messages: readonly { messageId: string; detail: Detail }[]) => Promise<string[]> {
  return async (messages) => {
    const failed: string[] = [];
    for (const { messageId, detail } of messages) {
      try {
        await handle(detail);
      } catch (error) {
        log.warn('message goes back to the queue', { messageId, error });
        failed.push(messageId);
      }
    }
    return failed;
  };
}

async function publish(bus: Bus, message: Message): Promise<void> {
  if ((await bus.publish([message])).size > 0) throw new Error(`the bus did not accept ${message.type}`);
}

/** Reports that come twice are normal; reports that match no command are logged. */
function logIgnored(type: string, recorded: Recorded, fields: Record<string, unknown>): void {
  if (recorded === 'unknown' || recorded === 'too-early') log.warn('report ignored', { type, reason: recorded, ...fields });
}
