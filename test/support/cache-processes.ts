import { Cache, type CacheOptions, type Loaded, type LoadRequest, type VersionSource } from '../../lambdas/runtime';
import { version } from '../contract/shared-store';
import { FakeClock } from './fake-clock';
import { MemorySharedStore } from './memory-shared-store';

/** A system of record with one value, one replica that is as far as the test says, and a version that each write moves. */
export class OneValue implements VersionSource<undefined> {
  value: unknown = 'v1';
  lsn = 1;
  timeline = 1;
  replica: { value: unknown; lsn: number; timeline?: number } | undefined;
  loads: Omit<LoadRequest, 'signal'>[] = [];

  write(value: unknown): string {
    this.value = value;
    this.lsn++;
    return version(this.lsn, this.timeline);
  }

  async current(): Promise<string> {
    return version(this.lsn, this.timeline);
  }

  async load<T>(loader: (handle: undefined) => Promise<T>, { signal, ...request }: LoadRequest): Promise<Loaded<T>> {
    this.loads.push(request);
    const replica = this.replica;
    if (
      replica &&
      !request.primaryOnly &&
      (!request.minVersion || version(replica.lsn, replica.timeline) >= request.minVersion)
    ) {
      const primary = this.value;
      this.value = replica.value;
      const value = await loader(undefined).finally(() => {
        this.value = primary;
      });
      return { value, version: version(replica.lsn, replica.timeline), origin: 'replica', fillable: true };
    }
    const claimed = version(this.lsn - 1, this.timeline);
    return { value: await loader(undefined), version: claimed, origin: 'primary', fillable: true };
  }
}

/** Two processes over one shared tier and one database. */
export function platform(options: Partial<CacheOptions<undefined>> = {}) {
  const clock = new FakeClock();
  const store = new MemorySharedStore(clock);
  const source = new OneValue();
  const process = () => new Cache<undefined>({ shared: store, source, clock, random: () => 0.5, ...options });
  return { clock, store, source, process, a: process(), b: process() };
}

/** A loader that stops until it is let go, after it has read its value. */
export function pausedLoader(source: OneValue) {
  let letGo = () => {};
  let began = () => {};
  const started = new Promise<void>((resolve) => {
    began = resolve;
  });
  const gate = new Promise<void>((resolve) => {
    letGo = resolve;
  });
  const loader = async () => {
    const value = source.value;
    began();
    await gate;
    return value;
  };
  return { loader, started, letGo };
}
