import { failOver } from '../consistency/failover';
import { type Random, seeded } from '../consistency/random';
import { moveSlot, primaries } from '../consistency/slots';
import type { Testbed } from '../consistency/testbed';
import { Schedules } from '../support/schedules';
import type { Crowd } from './crowd';

export interface FaultsOptions {
  readonly seed: number;
  readonly namespace: string;
  /** Keys whose slots are moved. */
  readonly keys: readonly string[];
  /** True where primaries are killed. */
  readonly failovers: boolean;
  /** Longest time of the run, in milliseconds: a long one has as many faults as prove something, and time in between. */
  readonly limitMs: number;
}

/** Number of each kind of fault. */
export type FaultCounts = Record<'kills' | 'freezes' | 'frozenMasters' | 'cutConnections' | 'movedSlots' | 'failovers', number>;

/** Longest run whose faults follow as close as they can, in milliseconds. */
const DENSE_MS = 75_000;
/** Longest time for which a process is frozen, in milliseconds. */
const FREEZE_MS = 1500;
/** For a primary: its replica would take over later. */
const FROZEN_MASTER_MS = 900;

/** Everything that goes wrong during a run, on a schedule of the seed. */
export class Faults {
  readonly counts: FaultCounts = { kills: 0, freezes: 0, frozenMasters: 0, cutConnections: 0, movedSlots: 0, failovers: 0 };
  readonly #schedules = new Schedules();
  /** Faults of the cluster come one after another. */
  #cluster: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly testbed: Testbed,
    private readonly crowd: Crowd,
    private readonly options: FaultsOptions,
  ) {}

  start(): void {
    const random = (n: number) => seeded(Math.imul(this.options.seed, 31) + n);
    const stretch = Math.max(1, this.options.limitMs / DENSE_MS);
    const add = (n: number, low: number, high: number, fault: (random: Random) => Promise<unknown>) =>
      this.#schedules.add(random(n), [low * stretch, high * stretch], fault);
    add(1, 800, 3000, (own) => this.#process(own));
    add(2, 600, 2500, (own) => this.#inTurn(() => this.#slot(own)));
    add(3, 500, 2500, (own) => this.#inTurn(() => this.#server(own)));
    if (this.options.failovers) add(4, 4000, 9000, (own) => this.#inTurn(() => this.#failover(own)));
  }

  /** Error of a schedule itself: the run proves nothing then. */
  get failure(): Error | undefined {
    return this.#schedules.failure;
  }

  /** Ends the schedules, and leaves nothing frozen. */
  async end(): Promise<void> {
    await this.#schedules.end();
    await this.testbed.engines.ready();
  }

  #inTurn(work: () => Promise<void>): Promise<void> {
    const turn = this.#cluster.then(work).catch((error: Error) => {
      // A server that was restarted a moment ago takes part in nothing yet.
      if (!error.message.startsWith('LOADING')) throw error;
    });
    this.#cluster = turn.catch(() => {});
    return turn;
  }

  async #process(random: Random): Promise<void> {
    const number = Math.floor(random.between(0, 100));
    if (random.chance(0.4)) {
      this.crowd.signal(number, 'SIGKILL');
      this.counts.kills++;
      return;
    }
    const frozen = this.crowd.signal(number, 'SIGSTOP');
    this.counts.freezes++;
    await this.#schedules.sleep(FREEZE_MS * random.next() ** 2);
    frozen?.kill('SIGCONT');
  }

  async #slot(random: Random): Promise<void> {
    if (await moveSlot(this.testbed, random.pick(this.options.keys), random)) this.counts.movedSlots++;
  }

  /** A primary hangs for a while, or closes the connections of its clients, whatever is on its way. */
  async #server(random: Random): Promise<void> {
    const { name } = random.pick(await primaries(this.testbed));
    if (random.chance(0.5)) {
      this.counts.cutConnections++;
      await this.testbed.node(name, (client) => client.call('CLIENT', 'KILL', 'TYPE', 'NORMAL', 'SKIPME', 'yes'));
      return;
    }
    this.counts.frozenMasters++;
    await this.testbed.engines.kill(name, 'SIGSTOP');
    await this.#schedules.sleep(random.between(100, FROZEN_MASTER_MS));
    await this.testbed.engines.kill(name, 'SIGCONT');
  }

  async #failover(random: Random): Promise<void> {
    await failOver(this.testbed, this.options.namespace, () => [], random);
    this.counts.failovers++;
  }
}
