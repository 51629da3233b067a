import type { AssemblyModel } from '../assembly';
import type { Products } from '../products';
import type { FaultRow, RequestRow } from './protocol';
import { SeenCount } from './seen';
import { ConsoleError } from './server';

/** A way in which something goes wrong. */
interface Fault extends Pick<FaultRow, 'id' | 'title' | 'effect' | 'kind'> {
  /** Targets at this moment; empty where there is nothing to choose. */
  targets(): Promise<readonly string[]>;
  on(target: string): Promise<void> | void;
  /** Undoes it, also where {@link on} has failed. */
  off(target: string): Promise<void> | void;
}

/** State of a fault. */
interface Switch {
  readonly fault: Fault;
  state: FaultRow['state'];
  targets: readonly string[];
  target?: string;
  problem?: string;
  seen?: SeenCount;
  /** Ends the count after a fault that is over by itself. */
  timer?: NodeJS.Timeout;
  /** Whatever is being done to it; changes of one fault go one after the other. */
  work: Promise<void>;
}

const DELAY_MS = 5000;
const SLOW_MS = 20_000;

/** Time for which what viewers get is counted after a fault that is over by itself. */
const AFTERMATH_MS = 10_000;

/** The panel of faults: each is switched on and off, and what viewers of the edge get meanwhile is counted. */
export class FaultPanel {
  readonly #switches: readonly Switch[];
  readonly #log: (message: string) => void;

  constructor(products: Products, model: AssemblyModel, log: (message: string) => void) {
    this.#log = log;
    this.#switches = faultsOf(products, model).map((fault) => ({ fault, state: 'off', targets: [], work: Promise.resolve() }));
  }

  async rows(): Promise<FaultRow[]> {
    await Promise.all(
      this.#switches.map(async (one) => {
        // While it is on, what it was done to may be no target any more.
        if (one.state === 'off') one.targets = await one.fault.targets();
      }),
    );
    return this.#switches.map(({ fault, state, target, targets, problem, seen }) => ({
      id: fault.id,
      title: fault.title,
      effect: fault.effect,
      kind: fault.kind,
      targets,
      state,
      ...(target !== undefined && { target }),
      ...(problem !== undefined && { problem }),
      ...(seen && { seen: seen.view }),
    }));
  }

  /** Counts answers for the faults that they were given under. */
  add(rows: readonly RequestRow[]): void {
    for (const { seen } of this.#switches) if (seen) for (const row of rows) seen.add(row);
  }

  /** As {@link add}, of answers that may be from before a purge. */
  addStale(rows: readonly RequestRow[]): void {
    for (const { seen } of this.#switches) if (seen) for (const row of rows) seen.addStale(row);
  }

  /**
   * Switches a fault on or off. Resolves when that is done.
   * @throws {ConsoleError} where there is no such fault or target, or it is being switched already.
   */
  async set(id: string, on: boolean, wanted?: string): Promise<void> {
    const one = this.#switches.find(({ fault }) => fault.id === id);
    if (!one) throw new ConsoleError(404, `there is no fault '${id.slice(0, 100)}'`);
    if (one.state === 'changing') throw new ConsoleError(409, `'${one.fault.title}' is being switched already`);
    if ((one.state === 'on') === on) return;
    const targets = on ? await one.fault.targets() : [];
    const target = on ? (wanted ?? targets[0]) : one.target;
    if (on && targets.length > 0 && !targets.includes(target ?? ''))
      throw new ConsoleError(400, `'target' must be one of: ${targets.join(', ')}, got: '${wanted?.slice(0, 100)}'`);
    if (on && targets.length === 0 && one.fault.kind === 'once') throw new ConsoleError(409, `there is nothing to do it to now`);
    one.work = this.#change(one, on, target ?? '');
    await one.work;
  }

  /** Undoes whatever is on. */
  async dispose(): Promise<void> {
    for (const one of this.#switches) {
      clearTimeout(one.timer);
      await one.work;
      if (one.state === 'on' && one.fault.kind === 'switch') await this.#change(one, false, one.target ?? '');
    }
  }

  async #change(one: Switch, on: boolean, target: string): Promise<void> {
    const { fault } = one;
    one.state = 'changing';
    one.problem = undefined;
    if (on) {
      one.seen = new SeenCount(Date.now());
      one.target = target;
    }
    try {
      await (on ? fault.on(target) : fault.off(target));
      one.state = on ? 'on' : 'off';
      this.#log(`fault '${fault.title}' ${target} is ${on ? 'on' : 'off'}`);
    } catch (error) {
      one.problem = (error as Error).message;
      this.#log(`fault '${fault.title}' could not be switched ${on ? 'on' : 'off'}: ${one.problem}`);
      // Half of it may have happened; what can't be undone stays on, to be tried again.
      if (on) await Promise.resolve(fault.off(target)).catch(() => undefined);
      one.state = on ? 'off' : 'on';
    }
    if (one.state === 'off') this.#end(one);
    else if (fault.kind === 'once') one.timer = setTimeout(() => this.#end(one), AFTERMATH_MS);
  }

  #end(one: Switch): void {
    one.seen?.end(Date.now());
    one.state = 'off';
    one.target = undefined;
  }
}

function faultsOf(products: Products, model: AssemblyModel): Fault[] {
  const { engines, events, edge, lambda } = products;
  const has = (type: string) => model.resources(type).length > 0;
  const named = async (matches: (one: Awaited<ReturnType<typeof engines.processes>>[number]) => boolean) =>
    (await engines.processes()).filter(matches).map(({ name }) => name);
  const functions = model
    .resources('AWS::Lambda::Function')
    .map((resource) => model.ref(resource))
    .sort();
  const delivery: { latencyMs?: number; duplicateProbability?: number } = {};
  const deliver = (change: typeof delivery) => {
    Object.assign(delivery, change);
    events.setDelivery(Object.fromEntries(Object.entries(delivery).filter(([, value]) => value !== undefined)));
  };
  const none = async () => [];

  const all: (Fault & { readonly isThere: boolean })[] = [
    {
      id: 'stop-cache-primary',
      title: 'Stop a primary of the shared tier',
      effect: 'Its replica takes over after a moment. Until then reads of its keys go to the database, and none may fail.',
      kind: 'switch',
      isThere: has('AWS::ElastiCache::ReplicationGroup') || has('AWS::ElastiCache::ServerlessCache'),
      targets: () => named(({ kind, role, pid }) => kind === 'redis' && role === 'primary' && pid !== undefined),
      on: (name) => engines.kill(name),
      off: (name) => engines.restart(name),
    },
    {
      id: 'freeze-standby',
      title: 'Freeze the standby',
      effect: 'It replays nothing and answers nobody. Reads that need it wait for their budget, and go to the primary.',
      kind: 'switch',
      isThere: model
        .resources('AWS::RDS::DBInstance')
        .some(({ properties }) => properties.SourceDBInstanceIdentifier !== undefined),
      targets: () => named(({ kind, pid }) => kind === 'postgres-standby' && pid !== undefined),
      on: (name) => engines.kill(name, 'SIGSTOP'),
      off: (name) => engines.kill(name, 'SIGCONT'),
    },
    {
      id: 'delay-bus',
      title: 'Delay the bus',
      effect: `Events take ${DELAY_MS / 1000} s, at the median. Purges take longer, and what they purge is stale for longer.`,
      kind: 'switch',
      isThere: has('AWS::Events::Rule'),
      targets: none,
      on: () => deliver({ latencyMs: DELAY_MS }),
      off: () => deliver({ latencyMs: undefined }),
    },
    {
      id: 'double-bus',
      title: 'Double the bus',
      effect: 'Every event is delivered twice. Nothing else may change: each step of a purge is idempotent.',
      kind: 'switch',
      isThere: has('AWS::Events::Rule'),
      targets: none,
      on: () => deliver({ duplicateProbability: 1 }),
      off: () => deliver({ duplicateProbability: undefined }),
    },
    {
      id: 'slow-invalidations',
      title: 'Make invalidations slow',
      effect: `The edge drops objects ${SLOW_MS / 1000} s after it was asked, at the median, and serves them until then.`,
      kind: 'switch',
      isThere: has('AWS::CloudFront::Distribution'),
      targets: none,
      on: () => edge.setInvalidationTimes({ effectiveMs: SLOW_MS, completedMs: SLOW_MS * 1.25 }),
      off: () => edge.setInvalidationTimes(),
    },
    {
      id: 'kill-function',
      title: 'Kill a worker',
      effect:
        'Every process of the function dies, in the middle of whatever it does. Requests to it fail; what a purge had begun is taken up again.',
      kind: 'once',
      isThere: functions.length > 0,
      targets: async () => functions,
      on: (name) => {
        if (lambda.kill(name) === 0) throw new Error(`${name} has no process now: nobody has called it lately`);
      },
      off: () => undefined,
    },
  ];
  return all.filter(({ isThere }) => isThere);
}
