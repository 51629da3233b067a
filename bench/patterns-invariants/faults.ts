import { setTimeout as sleep } from 'node:timers/promises';
import { failOver } from '../consistency/failover';
import { type Random, seeded } from '../consistency/random';
import { moveSlot, primaries } from '../consistency/slots';
import type { Testbed } from '../consistency/testbed';
import type { Crowd } from './crowd';

export interface FaultsOptions {
  readonly seed: number;
  readonly namespace: string;
  /** Keys whose slots are moved. */
  readonly keys: readonly string[];
  /** True where primaries are killed. */
  readonly failovers: boolean;
}

/** Number of each kind of fault. */
export type FaultCounts = Record<'kills' | 'freezes' | 'frozenMasters' | 'cutConnections' | 'movedSlots' | 'failovers', number>;

/** Longest time for which a process is frozen, in milliseconds. */
const FREEZE_MS = 1500;
/** For a primary: its replica would take over later. */
const FROZEN_MASTER_MS = 900;

/** Everything that goes wrong during a run, on a schedule of the seed. */
export class Faults {
  readonly counts: FaultCounts = { kills: 0, freezes: 0, frozenMasters: 0, cutConnections: 0, movedSlots: 0, failovers: 0 };
  /** Set when a schedule itself failed: the run proves nothing then. */
  failure: Error | undefined;
  readonly #over = new AbortController();
  #schedules: Promise<void>[] = [];
  /** Faults of the cluster come one after another. */
  #cluster: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly testbed: Testbed,
    private readonly crowd: Crowd,
    private readonly options: FaultsOptions,
  ) {}

  start(): void {
    const random = (n: number) => seeded(Math.imul(this.options.seed, 31) + n);
    this.#schedule(random(1), [800, 3000], (own) => this.#process(own));
    this.#schedule(random(2), [600, 2500], (own) => this.#inTurn(() => this.#slot(own)));
    this.#schedule(random(3), [500, 2500], (own) => this.#inTurn(() => this.#server(own)));
    if (this.options.failovers) this.#schedule(random(4), [4000, 9000], (own) => this.#inTurn(() => this.#failover(own)));
  }

  /** Ends the schedules, and leaves nothing frozen. */
  async end(): Promise<void> {
    this.#over.abort();
    await Promise.all(this.#schedules);
    await this.testbed.engines.ready();
  }

  #schedule(random: Random, [low, high]: [number, number], fault: (random: Random) => Promise<unknown>): void {
    const run = async () => {
      while (!this.#over.signal.aborted) {
        await this.#sleep(random.between(low, high));
        if (!this.#over.signal.aborted) await fault(random);
      }
    };
    this.#schedules.push(
      run().catch((error: Error) => {
        this.failure ??= error;
      }),
    );
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#cluster.then(work);
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
    await this.#sleep(FREEZE_MS * random.next() ** 2);
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
    await this.#sleep(random.between(100, FROZEN_MASTER_MS));
    await this.testbed.engines.kill(name, 'SIGCONT');
  }

  async #failover(random: Random): Promise<void> {
    await failOver(this.testbed, this.options.namespace, () => [], random);
    this.counts.failovers++;
  }

  #sleep(milliseconds: number): Promise<void> {
    return sleep(milliseconds, undefined, { signal: this.#over.signal }).catch(() => {});
  }
}
