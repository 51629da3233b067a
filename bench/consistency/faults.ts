import { Schedules } from '../support/schedules';
import { failOver, type ReplayedFailover } from './failover';
import { ITEMS, TAGS } from './items';
import type { PurgeRecord } from './journal';
import type { ProcessPool } from './process-pool';
import { promote, setDelay, settleTimeline } from './promotion';
import { type Random, seeded } from './random';
import { moveSlot } from './slots';
import type { Testbed } from './testbed';

export interface FaultsOptions {
  readonly seed: number;
  readonly namespace: string;
  /** True if the primary is killed, and a standby promoted, halfway. */
  readonly promotion: boolean;
  /** True if Redis primaries are killed. */
  readonly failovers: boolean;
  /** The share of the run that is done, 0 to 1. */
  done(): number;
  recentPurges(since: number): PurgeRecord[];
}

/** Number of each kind of fault. */
export type FaultCounts = Record<
  'killedProcesses' | 'frozenProcesses' | 'delayedReplays' | 'pausedReplays' | 'movedSlots' | 'promotions' | 'failovers',
  number
>;

/** Longest times, in milliseconds. */
const FREEZE_MS = 1500;
const PAUSE_MS = 6000;
const DELAYS_MS = [0, 5, 20, 100, 500];

/** Everything that goes wrong during a run, on a schedule of the seed. */
export class Faults {
  readonly counts: FaultCounts = {
    killedProcesses: 0,
    frozenProcesses: 0,
    delayedReplays: 0,
    pausedReplays: 0,
    movedSlots: 0,
    promotions: 0,
    failovers: 0,
  };
  readonly failovers: ReplayedFailover[] = [];
  readonly #schedules = new Schedules();
  /** Faults that must not happen at the same time wait for each other: standbys and a promotion, slots and failovers. */
  readonly #database = new Turns();
  readonly #cluster = new Turns();
  #promoted = false;

  constructor(
    private readonly testbed: Testbed,
    private readonly processes: ProcessPool,
    private readonly options: FaultsOptions,
  ) {}

  /** True while the promotion is still to come. */
  get pending(): boolean {
    return this.options.promotion && !this.#promoted;
  }

  start(): void {
    const random = (n: number) => seeded(Math.imul(this.options.seed, 31) + n);
    this.#schedules.add(random(1), [300, 1200], (own) => this.#process(own));
    this.testbed.roles.standbys.forEach((standby, n) => {
      this.#schedules.add(random(2 + n), [50, 800], (own) => this.#database.take(() => this.#standby(own, standby), `${n}`));
    });
    this.#schedules.add(random(8), [200, 1000], (own) => this.#cluster.take(() => this.#slot(own)));
    if (this.options.promotion) this.#schedules.add(random(9), [50, 50], () => this.#promotion());
    if (this.options.failovers)
      this.#schedules.add(random(10), [1500, 3000], (own) => this.#cluster.take(() => this.#failover(own)));
  }

  /** Error of a schedule itself: the run proves nothing then. */
  get failure(): Error | undefined {
    return this.#schedules.failure;
  }

  /** Ends the schedules, and leaves nothing frozen or paused. */
  async end(): Promise<void> {
    await this.#schedules.end();
    for (const standby of this.testbed.roles.standbys) {
      await setDelay(this.testbed, standby, 0);
    }
  }

  /** A process is killed, or frozen for a while. */
  async #process(random: Random): Promise<void> {
    const role = random.chance(0.65) ? 'reader' : 'writer';
    const number = Math.floor(random.between(0, 100));
    if (random.chance(0.3)) {
      this.processes.signal(role, number, 'SIGKILL');
      this.counts.killedProcesses++;
      return;
    }
    const frozen = this.processes.signal(role, number, 'SIGSTOP');
    this.counts.frozenProcesses++;
    // Mostly short: a process that is away for long only misses what happens.
    await this.#schedules.sleep(FREEZE_MS * random.next() ** 2);
    frozen?.kill('SIGCONT');
  }

  /** A standby applies commits late, or not at all for a while. */
  async #standby(random: Random, standby: string): Promise<void> {
    if (!this.testbed.roles.standbys.includes(standby)) return;
    if (random.chance(0.5)) {
      await setDelay(this.testbed, standby, random.pick(DELAYS_MS));
      this.counts.delayedReplays++;
      return;
    }
    await this.testbed.sql(standby, 'SELECT pg_wal_replay_pause()');
    this.counts.pausedReplays++;
    await this.#schedules.sleep(PAUSE_MS * random.next());
    await this.testbed.sql(standby, 'SELECT pg_wal_replay_resume()');
  }

  async #slot(random: Random): Promise<void> {
    const { namespace } = this.options;
    const keys = [...ITEMS.map((item) => `${namespace}:v:{${item.key}}`), ...TAGS.map((tag) => `${namespace}:t:${tag}`)];
    if (await moveSlot(this.testbed, random.pick(keys), random)) this.counts.movedSlots++;
  }

  async #promotion(): Promise<void> {
    if (this.#promoted || this.options.done() < 0.5) return;
    await this.#database.takeAll(async () => {
      await promote(this.testbed);
      this.processes.move();
      await settleTimeline(this.testbed);
    });
    this.#promoted = true;
    this.counts.promotions++;
  }

  async #failover(random: Random): Promise<void> {
    this.failovers.push(await failOver(this.testbed, this.options.namespace, this.options.recentPurges, random));
    this.counts.failovers++;
  }
}

/** Lets faults of the same place happen one after another; those of different lanes side by side. */
class Turns {
  readonly #lanes = new Map<string, Promise<unknown>>();
  #all: Promise<unknown> = Promise.resolve();

  async take<T>(work: () => Promise<T>, lane = ''): Promise<T> {
    const before = Promise.all([this.#all, this.#lanes.get(lane)]);
    const turn = before.then(work);
    this.#lanes.set(
      lane,
      turn.catch(() => {}),
    );
    return turn;
  }

  async takeAll<T>(work: () => Promise<T>): Promise<T> {
    const turn = Promise.all([this.#all, ...this.#lanes.values()]).then(work);
    this.#all = turn.catch(() => {});
    return turn;
  }
}
