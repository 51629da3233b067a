import { MemoryTier } from '../../../lambdas/runtime/memory/memory-tier';

/** Memory tier whose operations concern one keyspace unless they name another. */
class Memory<V> extends MemoryTier<V> {
  readonly #keyspace = this.keyspace('one of all');

  get size(): number {
    return this.#keyspace.size;
  }

  override get(key: string, now: number, keyspace = this.#keyspace): V | undefined {
    return super.get(key, now, keyspace);
  }

  override set(key: string, value: V, bytes: number, expiresAt: number, now: number, keyspace = this.#keyspace): void {
    super.set(key, value, bytes, expiresAt, now, keyspace);
  }

  override delete(key: string, keyspace = this.#keyspace): void {
    super.delete(key, keyspace);
  }
}

/** What an entry weighs besides its value and its key. */
const OVERHEAD = 220;

/** Room for so many entries with keys of one letter and values of 100 bytes. */
const roomFor = (entries: number) => new Memory<string>(entries * (100 + 1 + OVERHEAD));

/** Numbers from 0 to 1, the same for the same seed. */
function numbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

describe('the memory tier', () => {
  test('gives back what was set until it expires', () => {
    const memory = roomFor(10);
    memory.set('a', 'value', 100, 1000, 0);
    expect(memory.get('a', 999)).toBe('value');
    expect(memory.get('a', 1000)).toBeUndefined();
    expect(memory.size).toBe(0);
    expect(memory.bytes).toBe(0);
  });

  test('a value that is set again replaces the old one, with its weight and its end', () => {
    const memory = roomFor(10);
    memory.set('a', 'old', 100, 1000, 0);
    memory.set('a', 'new', 50, 2000, 0);
    expect(memory.get('a', 1500)).toBe('new');
    expect(memory.bytes).toBe(50 + 1 + OVERHEAD);
  });

  test('forgets one key, or all', () => {
    const memory = roomFor(10);
    for (const key of 'abc') memory.set(key, key, 100, 1000, 0);
    memory.delete('a');
    memory.delete('never set');
    expect([memory.get('a', 0), memory.get('b', 0), memory.size]).toEqual([undefined, 'b', 2]);
    memory.clear();
    expect([memory.get('b', 0), memory.size, memory.bytes]).toEqual([undefined, 0, 0]);
    memory.set('b', 'again', 100, 1000, 0);
    expect(memory.get('b', 0)).toBe('again');
  });

  test('what was read outlives a scan', () => {
    const memory = roomFor(20);
    memory.set('a', 'popular', 100, 1000, 0);
    for (let i = 0; i < 200; i++) {
      if (i < 5) memory.get('a', 0);
      memory.set(String.fromCharCode(1000 + i), 'scanned', 100, 1000, 0);
    }
    expect(memory.get('a', 0)).toBe('popular');
  });

  test('a key that comes back soon after it was evicted is kept longer than a new one', () => {
    const memory = roomFor(20);
    memory.set('a', 'first', 100, 1000, 0);
    for (let i = 0; i < 25; i++) memory.set(String.fromCharCode(1000 + i), 'new', 100, 1000, 0);
    expect(memory.get('a', 0)).toBeUndefined();
    memory.set('a', 'second', 100, 1000, 0);
    for (let i = 0; i < 40; i++) memory.set(String.fromCharCode(2000 + i), 'newer', 100, 1000, 0);
    expect(memory.get('a', 0)).toBe('second');
  });

  test.each([
    ['larger than the main queue', 1000],
    ['without a size', Number.NaN],
    ['of endless size', Number.POSITIVE_INFINITY],
  ])('does not store a value %s, and forgets the one that it replaces', (_, bytes) => {
    const memory = new Memory<string>(1000);
    memory.set('a', 'small', 10, 1000, 0);
    memory.set('a', 'large', bytes, 1000, 0);
    expect([memory.get('a', 0), memory.size, memory.bytes]).toEqual([undefined, 0, 0]);
  });

  test('the text of a key counts', () => {
    const memory = new Memory<string>(10_000);
    memory.set('k'.repeat(5000), 'value', 100, 1000, 0);
    expect(memory.bytes).toBe(5000 + 100 + OVERHEAD);
  });

  test('expired entries give their memory back although nobody reads them', () => {
    const memory = new Memory<string>(1_000_000);
    for (let i = 0; i < 100; i++) memory.set(`old ${i}`, 'value', 100, 1000, 0);
    for (let i = 0; i < 30; i++) memory.set('new', 'value', 100, 5000, 1001);
    expect(memory.size).toBe(1);
  });

  test('spaces have keys of their own and one bound', () => {
    const memory = roomFor(10);
    const [one, two] = [memory.keyspace('one'), memory.keyspace('two')];
    memory.set('a', 'one', 100, 1000, 0, one);
    memory.set('a', 'two', 100, 1000, 0, two);
    expect([memory.get('a', 0), memory.get('a', 0, one), memory.get('a', 0, two)]).toEqual([undefined, 'one', 'two']);
    memory.delete('a', one);
    expect([memory.get('a', 0, one), memory.get('a', 0, two)]).toEqual([undefined, 'two']);
    for (let i = 0; i < 30; i++) memory.set(String.fromCharCode(1000 + i), 'value', 100, 1000, 0, one);
    expect(one.size).toBeLessThanOrEqual(10);
    memory.clear();
    expect([memory.get('a', 0, two), one.size]).toEqual([undefined, 0]);
  });

  test.each([
    [1],
    [2],
    [3],
  ])('is bounded, and never gives what was deleted, replaced or expired, after any operations (seed %d)', (seed) => {
    const random = numbers(seed);
    const maxBytes = 20_000;
    const memory = new MemoryTier<number>(maxBytes);
    const spaces = [memory.keyspace('one'), memory.keyspace('two')];
    /** What may be there: all that was set and not forgotten, with its weight. */
    const expected = new Map<string, { value: number; until: number; weight: number }>();
    let now = 0;
    for (let step = 0; step < 20_000; step++) {
      const [which, key] = [Math.floor(random() * 2), `key ${Math.floor(random() ** 3 * 300)}`];
      const [space, name] = [spaces[which]!, `${which} ${key}`];
      now += random() < 0.1 ? Math.floor(random() * 20) : 0;
      const choice = random();
      if (choice < 0.5) {
        const known = expected.get(name);
        const got = memory.get(key, now, space);
        if (got !== undefined && (got !== known?.value || known.until <= now))
          throw new Error(`step ${step}: ${name} gave ${got}`);
      } else if (choice < 0.93) {
        const [bytes, until] = [Math.floor(random() ** 4 * 25_000), now + Math.floor(random() * 300)];
        memory.set(key, step, bytes, until, now, space);
        expected.set(name, { value: step, until, weight: bytes + key.length + OVERHEAD });
      } else if (choice < 0.999) {
        memory.delete(key, space);
        expected.delete(name);
      } else {
        memory.clear();
        expected.clear();
      }
      if (memory.bytes > maxBytes) throw new Error(`step ${step}: ${memory.bytes} bytes`);
      if (step % 100 === 0) {
        // The sum of what is really there is what the tier believes to hold. Expired entries may be there or not, so none are.
        const there = [...expected].filter(([at]) => memory.get(at.slice(2), now, spaces[Number(at[0])]!) !== undefined);
        expect(memory.bytes).toBe(there.reduce((sum, [, { weight }]) => sum + weight, 0));
        expect(spaces.reduce((sum, index) => sum + index.size, 0)).toBe(there.length);
      }
    }
    expect(spaces.reduce((sum, index) => sum + index.size, 0)).toBeGreaterThan(5);
  });
});
