import { Cache, RedisStore } from '../../../lambdas/runtime';
import { Generations, type GenerationsOptions } from '../../../lambdas/runtime/patterns/generations';
import { OneValue } from '../../support/cache-processes';
import { waitFor } from '../../support/wait-for';
import type { PatternCluster } from './cluster';

export function cases(shared: () => PatternCluster): void {
  const namespace = 'generations';
  const users = Array.from({ length: 300 }, (_, i) => `user-${i}`);
  const entries = (generation: string) => users.map((user) => [user, [generation, user]] as [string, string[]]);
  const fallback = () => ['popular'];

  function open(name: string, options: Partial<GenerationsOptions<string[], undefined>> = {}) {
    const connection = shared().connection({ namespace });
    const cache = new Cache({ shared: new RedisStore(connection), source: new OneValue() });
    return new Generations<string[], undefined>({ connection, cache, name, keepSeconds: 600, fallback, ...options });
  }

  test('readers see the old generation or the new, never half of one, and never the old after the new', async () => {
    const [writer, ...readers] = [open('swap'), open('swap'), open('swap')];
    expect(await readers[0]!.get('user-1')).toEqual({ value: ['popular'], generation: undefined });
    expect(await writer!.publish('g1', entries('g1'))).toBe('published');
    await waitFor('the first generation', async () => (await readers[0]!.get('user-1')).generation === 'g1');
    let done = false;
    const watching = readers.map(async (reader) => {
      const seen: string[] = [];
      for (let i = 0; !done || seen.at(-1) !== 'g2'; i++) {
        const { value, generation } = await reader.get(users[i % users.length]!);
        if (!generation) continue;
        expect(value).toEqual([generation, users[i % users.length]]);
        if (seen.at(-1) !== generation) seen.push(generation);
        if (i % 20 === 0) await new Promise((resolve) => setImmediate(resolve));
      }
      return seen;
    });
    expect(await writer!.publish('g2', entries('g2'), { perSecond: 1000 })).toBe('published');
    done = true;
    for (const seen of await Promise.all(watching)) expect([['g1', 'g2'], ['g2']]).toContainEqual(seen);
    expect(await writer!.get('nobody')).toEqual({ value: ['popular'], generation: 'g2' });
    expect(await writer!.rollback()).toBe(true);
    expect(await writer!.get('user-1')).toEqual({ value: ['g1', 'user-1'], generation: 'g1' });
    expect(await shared().keysWithoutTtl(namespace)).toEqual([]);
  });

  test('of two jobs one is published, and the other is told; one that fails is never read', async () => {
    const [a, b] = [open('race'), open('race')];
    const both = await Promise.all([a.publish('a', entries('a')), b.publish('b', entries('b'))]);
    expect([...both].sort()).toEqual(['outrun', 'published']);
    const winner = both[0] === 'published' ? 'a' : 'b';
    expect(await a.publish(winner, entries(winner))).toBe('published');
    async function* failing() {
      yield* entries('c').slice(0, 100);
      throw new Error('no more rows');
    }
    await expect(a.publish('c', failing())).rejects.toThrow('no more rows');
    expect((await a.get('user-5')).value).toEqual([winner, 'user-5']);
    await expect(a.publish('no/slash', [])).rejects.toMatchObject({ code: 'E_INVALID_ARGUMENT' });
  });

  test('an entry that is missing is loaded from the table of its generation', async () => {
    const loads: string[] = [];
    const reader = open('table', {
      load: async (_, generation, key) => {
        loads.push(`${generation}/${key}`);
        return key === 'nobody' ? undefined : ['loaded'];
      },
    });
    await reader.publish('g1', [['user-1', ['written']]]);
    expect((await reader.get('user-1')).value).toEqual(['written']);
    expect((await reader.get('user-2')).value).toEqual(['loaded']);
    expect((await reader.get('nobody')).value).toEqual(['popular']);
    await reader.get('user-2');
    expect(loads).toEqual(['g1/user-2', 'g1/nobody']);
  });
}
