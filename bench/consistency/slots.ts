import { setTimeout as sleep } from 'node:timers/promises';

import keySlot = require('cluster-key-slot');

import type { Random } from './random';
import type { Testbed } from './testbed';

/** A primary of the cluster, and its slots. */
export interface Primary {
  readonly name: string;
  readonly id: string;
  readonly port: number;
  has(slot: number): boolean;
}

/** Timeout of MIGRATE, in milliseconds. */
const MIGRATE_LIMIT_MS = 2000;

/** The primaries by each node's own report: right after a failover the others' view may be old. */
export async function primaries(testbed: Testbed): Promise<Primary[]> {
  const running = (await testbed.engines.processes()).filter(({ kind, pid }) => kind === 'redis' && pid);
  const asked = running.map(async ({ name, port }): Promise<Primary | undefined> => {
    const nodes = await testbed.node(name, (client) => client.cluster('NODES')).catch(() => '');
    const own = String(nodes)
      .split('\n')
      .find((line) => line.includes('myself,master'))
      ?.split(' ');
    if (!own) return undefined;
    const ranges = own.slice(8).filter((field) => !field.startsWith('['));
    const slots = ranges.map((range) => range.split('-').map(Number) as [number, number?]);
    return { name, port, id: own[0]!, has: (slot) => slots.some(([first, last]) => slot >= first && slot <= (last ?? first)) };
  });
  return (await Promise.all(asked)).filter((node) => node !== undefined);
}

/** The slots of a primary, as one node sees them. */
export async function slotsOf(testbed: Testbed, primary: Primary, seenBy: string): Promise<string> {
  const nodes = String(await testbed.node(seenBy, (client) => client.cluster('NODES')));
  const fields = nodes
    .split('\n')
    .find((line) => line.startsWith(primary.id))
    ?.split(' ');
  return (fields ?? [])
    .slice(8)
    .filter((field) => !field.startsWith('['))
    .join(' ');
}

/**
 * Moves the slot of a key to another shard while it is in use: a few keys at a time, with a pause between them in which the slot
 * is on both sides. The order of the last step is the server's documentation's.
 *
 * @returns false where nobody could say whose the slot is
 * @see https://redis.io/docs/latest/commands/cluster-setslot/
 */
export async function moveSlot(testbed: Testbed, key: string, random: Random): Promise<boolean> {
  const slot = keySlot(key);
  const all = await primaries(testbed);
  const source = all.find((node) => node.has(slot));
  // On a busy machine not every node answers in time.
  if (!source || all.length < 2) return false;
  const target = random.pick(all.filter((node) => node !== source));
  const { username = '', password = '' } = testbed.engines.cacheAdministrator(target.name);
  await testbed.node(target.name, (client) => client.cluster('SETSLOT', slot, 'IMPORTING', source.id));
  await testbed.node(source.name, (client) => client.cluster('SETSLOT', slot, 'MIGRATING', target.id));
  for (;;) {
    await sleep(random.between(0, 30));
    const keys = await testbed.node(source.name, (client) => client.cluster('GETKEYSINSLOT', slot, 1));
    if (keys.length === 0) break;
    await testbed.node(source.name, (client) =>
      client.call(
        ...(['MIGRATE', '127.0.0.1', String(target.port), '', '0', String(MIGRATE_LIMIT_MS)] as const),
        ...['AUTH2', username, password, 'KEYS', ...(keys as string[])],
      ),
    );
  }
  for (const node of [target, source, ...all.filter((other) => other !== source && other !== target)]) {
    await testbed.node(node.name, (client) => client.cluster('SETSLOT', slot, 'NODE', target.id));
  }
  return true;
}
