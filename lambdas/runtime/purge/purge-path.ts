import type { Pool } from 'pg';
import { Budget } from '../budget';
import type { Bus, Message } from '../bus';
import { type Clock, systemClock } from '../clock';
import { transaction } from '../database';
import { log } from '../log';
import { currentVersion } from '../versions/postgres';
import { joinEdgeBatch } from './edge-batches';
import {
  type Recorded,
  recordEdgeAccepted,
  recordEdgeCompleted,
  recordGateway,
  recordShared,
  recordTopology,
  sharedAlready,
} from './ledger';
import type { Messages } from './messages';
import { EDGE_COMPLETION_SECONDS, Outbox, type Sent } from './outbox';
import type { Step } from './worker';

/*
 * The way of a purge, from the inside out; each step begins when the one before was acknowledged:
 *
 *   writer -> outbox -> [bus] -> shared -> (drain) -> gateway -> edge -> complete
 *
 * The bus delivers at least once and in any order, and any process can die anywhere. So every step can be repeated, and everything that
 * still has to be said is a row of the outbox, written together with what it follows from.
 */

/** The part of the cache that a purge needs. */
export interface SharedTier {
  /** Rejects where some shard can't be purged. */
  purgeTags(tags: string[], options: { version: string; mode?: 'delete' | 'expire' }): Promise<void>;
}

/** What steps inside the network have. */
export interface Inside {
  /** The primary. */
  readonly primary: Pool;
  readonly bus: Bus;
}

/** What the executor has, outside the network. It keeps nothing: whatever it must not forget goes through a queue. */
export interface Outside {
  readonly bus: Bus;
  readonly stageCache: { flush(): Promise<void> };
  readonly distribution: {
    /** Says the same for the same batch, however often it is asked. @returns the id of the invalidation. */
    invalidate(batchId: string, items: readonly string[]): Promise<string>;
    isCompleted(invalidationId: string): Promise<boolean>;
  };
  /** Hands a message back to the executor, after a delay of at most {@link MAX_DELAY_SECONDS}. */
  defer(message: Message, delaySeconds: number): Promise<void>;
  readonly clock?: Clock;
}

// 1. The writer, right after its commit.

/**
 * How long the writer's own attempt may hold up its answer, in milliseconds: a healthy shared tier takes a few, and the pipeline does it
 * again anyway.
 */
const writerBudget = new Budget(250, () => new Error('not purged within 250 ms'));

/** How long the kick may hold up the writer's answer, in milliseconds. */
const kickBudget = new Budget(1_000, () => new Error('not accepted within 1000 ms'));

/** Purges the shared tier at once and wakes the relay. Both may fail: the outbox row is what counts. */
export async function afterCommit(inside: Inside & { shared: SharedTier }, purgeId: string, tags: string[]): Promise<void> {
  const attempt = async (): Promise<void> => {
    // After the commit and on the primary, so that the version contains the change.
    const version = await currentVersion(inside.primary);
    await inside.shared.purgeTags(tags, { version });
  };
  await Promise.all([
    writerBudget.limit(attempt()).catch((error) => log.warn('shared tier not purged by the writer', { purgeId, error })),
    kickBudget
      .limit(inside.bus.publish([{ type: 'OutboxKicked', detail: { purgeId } }]))
      .catch((error) => log.warn('relay not kicked', { purgeId, error })),
  ]);
}

// 2. The relay, kicked by a writer and swept by a schedule: says on the bus whatever is due.

export function relayStep({ primary, bus }: Inside, outOfTime: () => boolean): Promise<Sent> {
  return new Outbox(primary, bus).sendDue(outOfTime);
}

// 3. Shared tier: purge it, then ask for the gateway, no earlier than the drain ends.

export function sharedStep(inside: Inside & { shared: SharedTier; settleSeconds: number }): Step<'PurgeRequested'> {
  return async (messages) => {
    const known = await sharedAlready(
      inside.primary,
      messages.map(({ detail }) => detail.purgeId),
    );
    const failed: string[] = [];
    const purged: Messages['PurgeRequested'][] = [];
    await Promise.all(
      messages.map(async ({ messageId, detail }) => {
        try {
          // A repeated message must not make entries misses that were filled since.
          if (!known.has(detail.purgeId)) {
            await inside.shared.purgeTags(detail.tags, { version: detail.version, mode: detail.mode });
          }
          purged.push(detail);
        } catch (error) {
          log.warn('shared tier not purged', { purgeId: detail.purgeId, error });
          failed.push(messageId);
        }
      }),
    );
    if (purged.length > 0) {
      const outboxIds = await transaction(inside.primary, (client) => recordShared(client, purged, inside.settleSeconds));
      await sendNow(inside, outboxIds);
    }
    return failed;
  };
}

// 4. Gateway, in the executor: one flush for every command whose drain is over.

/** Longest delay of a message. @see https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html */
export const MAX_DELAY_SECONDS = 900;

export function gatewayStep({ bus, stageCache, defer, clock = systemClock }: Outside): Step<'GatewayPurgeRequested'> {
  return async (messages) => {
    const requestedAt = clock.now();
    const failed: string[] = [];
    const early = messages.filter(({ detail }) => detail.notBefore > requestedAt);
    for (const { messageId, detail } of early) {
      const delaySeconds = Math.min(MAX_DELAY_SECONDS, Math.ceil((detail.notBefore - requestedAt) / 1000));
      await defer({ type: 'GatewayPurgeRequested', detail }, delaySeconds).catch((error) => {
        log.warn('gateway purge not deferred', { commandId: detail.commandId, error });
        failed.push(messageId);
      });
    }
    const due = messages.filter(({ detail }) => detail.notBefore <= requestedAt);
    if (due.length === 0) return failed;
    try {
      await stageCache.flush();
    } catch (error) {
      log.warn('stage cache not flushed', { commands: due.length, error });
      return [...failed, ...due.map(({ messageId }) => messageId)];
    }
    const acknowledgedAt = clock.now();
    const refused = await bus.publish(
      due.map(({ detail: { commandId, purgeIds } }) => ({
        type: 'GatewayPurged',
        detail: { commandId, purgeIds, requestedAt, acknowledgedAt },
      })),
    );
    return [...failed, ...due.filter((_, index) => refused.has(index)).map(({ messageId }) => messageId)];
  };
}

// 5. The stage cache is fresh: only now may the purges join a batch for the edge.

/** For how long a batch stays open to other purges, in seconds. */
const EDGE_WINDOW_SECONDS = 0;

export function gatewayPurgedStep(inside: Inside): Step<'GatewayPurged'> {
  return async (messages) => {
    const outboxIds = await transaction(inside.primary, async (client) => {
      const purges = [];
      // In one order, whatever the queue's was: two workers with the same commands must not wait for each other.
      for (const { detail } of [...messages].sort((a, b) => (a.detail.commandId < b.detail.commandId ? -1 : 1))) {
        const recorded = await recordGateway(client, detail);
        note('GatewayPurged', recorded.outcome, { commandId: detail.commandId });
        purges.push(...recorded.purges);
      }
      return joinEdgeBatch(client, purges, EDGE_WINDOW_SECONDS);
    });
    await sendNow(inside, outboxIds);
    return [];
  };
}

// 6. Edge, in the executor: create the invalidation, then ask until it is completed.

export function edgeStep(outside: Outside): Step<'EdgePurgeRequested'> {
  const { bus, distribution, defer, clock = systemClock } = outside;
  return each(async ({ batchId, items }) => {
    const invalidationId = await distribution.invalidate(batchId, items);
    const accepted: Message = { type: 'EdgePurgeAccepted', detail: { batchId, invalidationId, acceptedAt: clock.now() } };
    // Asking for the completion is what must not be forgotten, so it comes first.
    await defer(accepted, pollDelaySeconds(0));
    await publish(bus, accepted);
  });
}

export function edgePollStep(outside: Outside): Step<'EdgePurgeAccepted'> {
  const { bus, distribution, defer, clock = systemClock } = outside;
  return each(async (detail) => {
    const { batchId, invalidationId, acceptedAt } = detail;
    if (await distribution.isCompleted(invalidationId)) {
      await publish(bus, { type: 'EdgePurgeCompleted', detail: { batchId, invalidationId, completedAt: clock.now() } });
    } else {
      await defer({ type: 'EdgePurgeAccepted', detail }, pollDelaySeconds(clock.now() - acceptedAt));
    }
  });
}

/** Asks after 2 s, then at intervals of half the time that has passed: AWS says 25 s at P95, and its API doesn't like being asked often. */
export function pollDelaySeconds(elapsedMs: number): number {
  return Math.max(2, Math.min(30, Math.ceil(elapsedMs / 2000)));
}

// 7. CloudFront's two answers; the second completes the purges.

export function edgeAcceptedStep({ primary }: Inside): Step<'EdgePurgeAccepted'> {
  return each(async (detail) => {
    const recorded = await transaction(primary, (client) => recordEdgeAccepted(client, detail, EDGE_COMPLETION_SECONDS));
    note('EdgePurgeAccepted', recorded, { batchId: detail.batchId });
  });
}

export function edgeCompletedStep({ primary }: Inside): Step<'EdgePurgeCompleted'> {
  return each(async (detail) => {
    const recorded = await transaction(primary, (client) => recordEdgeCompleted(client, detail));
    note('EdgePurgeCompleted', recorded, { batchId: detail.batchId });
  });
}

// Beside the path: the cluster's state, which comes the same way.

export function topologyStep({ primary }: Inside): Step<'TopologyReported'> {
  return each((detail) => recordTopology(primary, detail));
}

/** Sends rows that were just written. Where that fails they are due, and the sweep sends them. */
async function sendNow({ primary, bus }: Inside, outboxIds: readonly string[]): Promise<void> {
  if (outboxIds.length === 0) return;
  try {
    const { failed } = await new Outbox(primary, bus).send(outboxIds);
    if (failed > 0) log.warn('commands left to the sweep', { failed });
  } catch (error) {
    log.warn('commands left to the sweep', { failed: outboxIds.length, error });
  }
}

/** A step that takes messages one by one; those that fail come again. */
function each<Detail>(
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

/** Reports that come twice are normal; those that can't be placed are worth a line. */
function note(type: string, recorded: Recorded, fields: Record<string, unknown>): void {
  if (recorded === 'unknown' || recorded === 'too-early') log.warn('report ignored', { type, reason: recorded, ...fields });
}
