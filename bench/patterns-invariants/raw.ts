import { primaries } from '../consistency/slots';
import type { Testbed } from '../consistency/testbed';

import keySlot = require('cluster-key-slot');

/** Hashes by their keys, each from the primary of its slot. */
export async function hashes(testbed: Testbed, keys: readonly string[]): Promise<Map<string, Record<string, string>>> {
  const all = await primaries(testbed);
  const found = new Map<string, Record<string, string>>();
  for (const key of keys) {
    const owner = all.find((node) => node.has(keySlot(key)));
    if (!owner) throw new Error(`nobody has the slot of '${key}'`);
    found.set(key, await testbed.node(owner.name, (client) => client.hgetall(key)));
  }
  return found;
}
