import keySlot from 'cluster-key-slot';
import { seeded } from '../../../bench/consistency/random';
import { forPartOf, hashSlot, namesOfParts } from '../../../lambdas/runtime/shared/hash-slot';

describe('the slot of a key', () => {
  test('is the one that the cluster computes', () => {
    expect(hashSlot('123456789')).toBe(0x31c3 % 16_384);
    const random = seeded(7);
    const wrong: string[] = [];
    for (let i = 0; i < 5000; i++) {
      const length = 1 + Math.floor(random.next() * 40);
      // Printable ASCII without blanks and braces, as names of entries are.
      const key = Array.from({ length }, () => String.fromCharCode(33 + Math.floor(random.next() * 90))).join('');
      if (hashSlot(key) !== keySlot(key)) wrong.push(key);
    }
    expect(wrong).toEqual([]);
  });
});

describe('names of parts', () => {
  test.each([1, 2, 3, 4, 6, 12])('lie on the shard of the keys that they belong to, in a cluster of %i', (shards) => {
    const shardOf = (slot: number) => Math.floor((slot * shards) / 16_384);
    const names = namesOfParts('*things');
    expect(new Set(names).size).toBe(names.length);
    const keys = Array.from({ length: 2000 }, (_, i) => `things/1/${i}`);
    const elsewhere = keys.filter(
      (key) => shardOf(keySlot(`test:t:${forPartOf(hashSlot(key), names)}`)) !== shardOf(hashSlot(key)),
    );
    expect(elsewhere).toEqual([]);
  });
});
