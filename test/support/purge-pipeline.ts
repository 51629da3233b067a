import type { Pool } from 'pg';
import type { Bus, Message } from '../../lambdas/platform/bus';
import { DEFAULT_PACING, type Pacing } from '../../lambdas/platform/purge/pacing';
import {
  type ExecutorPorts,
  edgeAcceptedStep,
  edgeCompletedStep,
  edgePollStep,
  edgeStep,
  gatewayPurgedStep,
  gatewayStep,
  type PacedContext,
  relayStep,
  replayStep,
  type SharedTier,
  sharedStep,
  submittedStep,
  wakeStep,
} from '../../lambdas/platform/purge/purge-path';
import { createWorker, formatEvent, type QueueResponse } from '../../lambdas/platform/purge/worker';
import { systemClock } from '../../lambdas/runtime/clock';

/** Events outside of PostgreSQL, in order. */
export type Effect =
  | { readonly kind: 'shared'; readonly tags: readonly string[]; readonly version: string; readonly mode: string }
  | { readonly kind: 'flush' }
  | { readonly kind: 'refresh'; readonly path: string; readonly version: string }
  | { readonly kind: 'invalidate'; readonly batchId: string; readonly items: readonly string[] };

export interface PipelineOptions {
  /** Connections of the purge path. */
  readonly primary: Pool;
  /** Connections of whoever changes something. */
  readonly writer: Pool;
  readonly drainSeconds?: number;
  /** @default - no windows, so that nothing waits for PostgreSQL's clock */
  readonly pacing?: Partial<Pacing>;
  /** Called with the name of each outside call, before and after its effect; what it throws is the end of the process. */
  readonly crash?: (point: string) => void;
  /** Uniform in [0, 1). Where given, messages come in any order, and some of them twice. */
  readonly random?: () => number;
  /**
   * Whether a wake really waits until its time, and the relay is run when it is kicked. For windows of some milliseconds.
   * @default false - clocks jump, and kicks are left to the test
   */
  readonly wakes?: boolean;
}

/** Detail-types that rules route to the edge queue. */
const EDGE = new Set(['GatewayPurgeRequested', 'EdgePurgeRequested', 'WakeRequested']);

/** A message of a queue that is not there yet, or there. */
interface Waiting {
  readonly messageId: string;
  readonly body: string;
  readonly at: number;
}

/**
 * The purge path on a real database, with everything of AWS in memory: bus, two queues, stage cache, distribution. Its clock runs
 * with the real one, since PostgreSQL's does, and jumps over delays.
 */
export class TestPipeline {
  readonly effects: Effect[] = [];
  /** Entries that the bus shall refuse next. */
  refuse = 0;
  /** Number of queries that find an invalidation still in progress. */
  pollsUntilCompleted = 1;
  /** Calls that CloudFront throttles next. */
  throttles = 0;
  /** True if the gateway accepts a refresh. */
  refreshes = true;
  /** Tags that the shared tier can't purge now. */
  readonly sharedDown = new Set<string>();
  readonly inside: PacedContext & { shared: SharedTier; drainSeconds: number };

  #offset = 0;
  #sequence = 0;
  readonly #queues = { shared: [] as Waiting[], edge: [] as Waiting[] };
  readonly #kicks: Message[] = [];
  readonly #invalidations = new Map<string, { id: string; items: string; polls: number }>();
  readonly #workers: Record<'shared' | 'edge', ReturnType<typeof createWorker>>;

  constructor(private readonly options: PipelineOptions) {
    const call = async <T>(name: string, effect: () => T): Promise<T> => {
      options.crash?.(`before ${name}`);
      const result = effect();
      options.crash?.(`after ${name}`);
      return result;
    };
    const bus: Bus = {
      publish: (messages) =>
        call(`publish ${messages[0]?.type}`, () => {
          const refused = new Set<number>();
          messages.forEach((message, index) => {
            if (this.refuse > 0) {
              this.refuse--;
              refused.add(index);
            } else this.#deliver(message);
          });
          return refused;
        }),
    };
    this.inside = {
      primary: options.primary,
      bus,
      drainSeconds: options.drainSeconds ?? 2,
      pacing: { ...DEFAULT_PACING, gatewayWindowMs: 0, edgeWindowMs: 0, callsPerSecond: 1e6, ...options.pacing },
      shared: {
        purgeTags: (tags, { version, mode = 'delete' }) =>
          call('purge of the shared tier', () => {
            if (tags.some((tag) => this.sharedDown.has(tag))) throw new Error('a shard is down');
            this.effects.push({ kind: 'shared', tags, version, mode });
          }),
      },
    };
    const outside: ExecutorPorts = {
      bus,
      clock: {
        now: () => this.now(),
        sleep: async (milliseconds) => {
          this.#offset += milliseconds;
        },
      },
      isThrottle: (error) => (error as Error).name === 'Throttling',
      stageCache: {
        flush: () => call('flush', () => void this.effects.push({ kind: 'flush' })),
        refresh: (path, version) =>
          call('refresh', () => {
            this.effects.push({ kind: 'refresh', path, version });
            return this.refreshes;
          }),
      },
      distribution: {
        invalidate: (batchId, items) => call('invalidation', () => this.#invalidate(batchId, items)),
        isCompleted: (id) =>
          call('question', () => [...this.#invalidations.values()].some((one) => one.id === id && one.polls-- <= 0)),
      },
      defer: (message, delaySeconds) =>
        call('deferral', () => {
          if (!Number.isInteger(delaySeconds)) throw new Error(`SQS takes whole seconds, got: ${delaySeconds}`);
          this.#queues.edge.push(this.#waiting(message, delaySeconds * 1000));
        }),
    };
    this.#workers = {
      shared: createWorker({
        PurgeSubmitted: submittedStep(this.inside),
        ReplayRequested: replayStep(this.inside),
        PurgeRequested: sharedStep(this.inside),
        GatewayPurged: gatewayPurgedStep(this.inside),
        EdgePurgeAccepted: edgeAcceptedStep(this.inside),
        EdgePurgeCompleted: edgeCompletedStep(this.inside),
      }),
      edge: createWorker({
        GatewayPurgeRequested: gatewayStep(outside),
        EdgePurgeRequested: edgeStep(outside),
        EdgePurgeAccepted: edgePollStep(outside),
        WakeRequested: wakeStep(options.wakes ? { ...outside, clock: systemClock } : outside),
      }),
    };
  }

  now(): number {
    return Date.now() + this.#offset;
  }

  /** Inserts a row as any writer would. */
  async change(...tags: string[]): Promise<string> {
    const { rows } = await this.options.writer.query('INSERT INTO cachement.outbox (tags) VALUES ($1) RETURNING purge_id', [
      tags,
    ]);
    return rows[0].purge_id;
  }

  /** Runs the relay once; a crash ends it. */
  async relay(): Promise<void> {
    await relayStep(this.inside, () => false).catch((error: Error) => {
      if (!this.options.crash || !error.message.startsWith('died')) throw error;
    });
  }

  /** Hands out messages until nothing is left that a queue holds. Failed messages come again, as after a visibility timeout. */
  async settle(): Promise<void> {
    const kicked = () => this.options.wakes && this.#kicks.length > 0;
    for (let round = 0; this.#queues.shared.length + this.#queues.edge.length > 0 || kicked(); round++) {
      if (round > 500) throw new Error('messages go round in circles');
      if (kicked()) {
        this.#kicks.length = 0;
        await this.relay();
      }
      await this.deliver('shared');
      await this.deliver('edge');
      this.skipDelays();
    }
  }

  /** Hands what a queue has now to its worker. @returns its answer. */
  async deliver(queue: 'shared' | 'edge'): Promise<QueueResponse> {
    const waiting = this.#queues[queue];
    if (this.options.random) waiting.sort(() => this.options.random!() - 0.5);
    const ready = waiting.filter((message) => message.at <= this.now()).slice(0, 10);
    if (ready.length === 0) return { batchItemFailures: [] };
    const response = await this.#workers[queue]({ Records: ready });
    const failed = new Set(response.batchItemFailures.map((failure) => failure.itemIdentifier));
    this.#queues[queue] = waiting.filter((message) => !ready.includes(message) || failed.has(message.messageId));
    return response;
  }

  /** Time goes by without anybody doing anything: what was sent and came to nothing is overdue. */
  async overdue(): Promise<void> {
    await this.options.primary.query("UPDATE cachement.outbox SET due_at = now() WHERE due_at < 'infinity'");
  }

  /** CloudFront is done with whatever it has. */
  complete(): void {
    this.pollsUntilCompleted = 0;
    for (const running of this.#invalidations.values()) running.polls = 0;
  }

  /** The queues forget everything: what a bus may do at worst. */
  loseMessages(): void {
    this.#queues.shared = [];
    this.#queues.edge = [];
  }

  /** Puts a message into a queue, whoever it is from. */
  send(queue: 'shared' | 'edge', message: Message): void {
    this.#queues[queue].push(this.#waiting(message, 0));
  }

  /** Bodies of the messages that a queue holds, due or not. */
  messages(queue: 'shared' | 'edge'): { 'detail-type': string; detail: Record<string, unknown> }[] {
    return this.#queues[queue].map(({ body }) => JSON.parse(body));
  }

  /** Items that CloudFront was asked for and would bill: one call a reference. */
  get paidItems(): string[] {
    return [...this.#invalidations.values()].flatMap(({ items }) => JSON.parse(items) as string[]);
  }

  #deliver(message: Message): void {
    const copies = this.options.random && this.options.random() < 0.3 ? 2 : 1;
    for (let copy = 0; copy < copies; copy++) {
      // For the warmer, beside the path.
      if (message.type === 'WarmRequested') continue;
      if (message.type === 'OutboxKicked') this.#kicks.push(message);
      else if (EDGE.has(message.type)) this.send('edge', message);
      else this.send('shared', message);
    }
  }

  #waiting({ type, detail }: Message, delayMs: number): Waiting {
    return { messageId: `m${this.#sequence++}`, body: formatEvent(type, detail), at: this.now() + delayMs };
  }

  /** Jumps to the time of the next message. */
  skipDelays(): void {
    const all = [...this.#queues.shared, ...this.#queues.edge];
    const next = Math.min(...all.map((message) => message.at));
    if (Number.isFinite(next) && next > this.now()) this.#offset += next - this.now();
  }

  /** Creates an invalidation as CloudFront does: the same reference gives the same invalidation, and refuses other items. */
  #invalidate(batchId: string, items: readonly string[]): string {
    if (this.throttles > 0) {
      this.throttles--;
      throw Object.assign(new Error('Rate exceeded'), { name: 'Throttling' });
    }
    const known = this.#invalidations.get(batchId);
    const text = JSON.stringify(items);
    if (known && known.items !== text) throw new Error('InvalidationBatchAlreadyExists');
    if (known) return known.id;
    const created = { id: `I${this.#invalidations.size}`, items: text, polls: this.pollsUntilCompleted };
    this.#invalidations.set(batchId, created);
    this.effects.push({ kind: 'invalidate', batchId, items });
    return created.id;
  }
}
