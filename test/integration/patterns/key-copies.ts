import { keyCopies } from '../../../lambdas/runtime/hot-keys/key-copies';
import { slotOf } from '../../../lambdas/runtime/shared/hash-slot';
import { valueKey } from '../../../lambdas/runtime/shared/redis-keys';
import { waitFor } from '../../support/wait-for';
import type { PatternCluster } from './cluster';

export function cases(shared: () => PatternCluster): void {
  const namespace = 'copies';
  const key = (entry: string, number: number) => `${namespace}:vc:{${number}:${entry}}`;
  /** Copies, asked for in turn. */
  const reader = (options: { readonly copies?: number; readonly ttlMs?: number } = {}) => {
    let turn = 0;
    const { copies = 4 } = options;
    return keyCopies({
      connection: shared().connection({ namespace }),
      random: () => (turn++ % (copies + 1)) / (copies + 1),
      ...options,
    });
  };
  const times = <T>(count: number, work: () => Promise<T>) => Promise.all(Array.from({ length: count }, work));

  test('an entry that is read by copies is in other slots too, and no copy outlives it', async () => {
    const client = shared().client();
    await client.set(valueKey(namespace, 'hot'), 'value', 'PX', 1500);
    const copies = reader({ ttlMs: 60_000 });
    expect(new Set(await times(10, () => copies.get('hot')))).toEqual(new Set(['value']));
    const numbers = [1, 2, 3, 4];
    const made = await waitFor('the copies', async () => {
      const found = await Promise.all(numbers.map((number) => client.pttl(key('hot', number))));
      return found.every((ms) => ms > 0) && found;
    });
    expect(Math.max(...made)).toBeLessThanOrEqual(1500);
    const shards = (await shared().connection({ namespace }).client()).slots;
    expect(new Set(numbers.map((number) => shards[slotOf(key('hot', number))]![0])).size).toBeGreaterThan(1);
  });

  test('what was purged is seen once its copies have ended, and an entry that is missing is missing', async () => {
    const client = shared().client();
    await client.set(valueKey(namespace, 'purged'), 'value', 'EX', 60);
    const copies = reader({ ttlMs: 300 });
    await times(10, () => copies.get('purged'));
    await client.del(valueKey(namespace, 'purged'));
    const began = Date.now();
    await waitFor('the purge', async () => (await times(5, () => copies.get('purged'))).every((value) => value === null), {
      everyMs: 20,
    });
    expect(Date.now() - began).toBeLessThan(3000);
    expect(new Set(await times(5, () => copies.get('never')))).toEqual(new Set([null]));
  });

  test('options are checked, and no key is without an end', async () => {
    expect(() => reader({ copies: 0 })).toThrow(/'copies' must be a whole number of at least 1/);
    expect(await shared().keysWithoutTtl(namespace)).toEqual([]);
  });
}
