import type { Bus } from '../bus';
import { NextRun } from './next-run';

const kicksOf = new WeakMap<Bus, NextRun<void>>();

/**
 * Wakes the relay. One kick is enough for everything that was committed before it, so those who come while one is on its way
 * share the next: a process that writes a hundred times a second needn't say so as often.
 *
 * @throws where the bus did not accept the kick.
 */
export function kick(bus: Bus, purgeId: string): Promise<void> {
  const kicks = kicksOf.get(bus) ?? new NextRun();
  kicksOf.set(bus, kicks);
  return kicks.after(async () => {
    const refused = await bus.publish([{ type: 'OutboxKicked', detail: { purgeId } }]);
    if (refused.size > 0) throw new Error('the bus did not accept the kick');
  });
}
