import type { Bus } from '../bus';

interface Kicks {
  current?: Promise<void> | undefined;
  next?: Promise<void> | undefined;
}

const kicksOf = new WeakMap<Bus, Kicks>();

/**
 * Wakes the relay. One kick is enough for everything that was committed before it, so those who come while one is on its way
 * share the next: a process that writes a hundred times a second needn't say so as often.
 *
 * @throws where the bus did not accept the kick.
 */
export function kick(bus: Bus, purgeId: string): Promise<void> {
  const kicks = kicksOf.get(bus) ?? {};
  kicksOf.set(bus, kicks);
  if (kicks.current) {
    kicks.next ??= kicks.current
      .catch(() => {})
      .then(() => {
        kicks.next = undefined;
        return kick(bus, purgeId);
      });
    return kicks.next;
  }
  kicks.current = send(bus, purgeId).finally(() => {
    kicks.current = undefined;
  });
  return kicks.current;
}

async function send(bus: Bus, purgeId: string): Promise<void> {
  const refused = await bus.publish([{ type: 'OutboxKicked', detail: { purgeId } }]);
  if (refused.size > 0) throw new Error('the bus did not accept the kick');
}
