import { setTimeout as sleep } from 'node:timers/promises';
import { Generations } from 'cachement/patterns/generations';
import type { Handle } from '../../../lambdas/runtime/versions/postgres';
import type { MakeGame } from '../game';
import { monotonic } from '../journal';

const KEYS = 20;
const PAUSE_MS = 5;

/** Publications, and readers who must see the old generation or the new one, in this order. */
export const generations: MakeGame = ({ connection, cache, random, process, note }) => {
  const recommended = new Generations<string, Handle>({ connection, cache, name: 'recommended', keepSeconds: 600 });
  const seen: string[] = [];
  let turns: Promise<unknown> = Promise.resolve();
  let last = 0;
  const turn = async () => {
    const began = monotonic();
    if (random.chance(0.01)) {
      const generation = `${process}-${++last}`;
      const entries = Array.from({ length: KEYS }, (_, i) => [`key-${i}`, generation] as const);
      note('published', began, { generation, result: await recommended.publish(generation, entries) });
      return;
    }
    const { value, generation } = await recommended.get(`key-${Math.floor(random.between(0, KEYS))}`);
    if (generation !== undefined && generation !== seen.at(-1)) {
      if (seen.includes(generation)) note('went-back', began, { generation, seen: seen.slice(-3) });
      seen.push(generation);
    }
    if (value !== undefined && value !== generation) note('torn', began, { value, generation });
    if (generation !== undefined && value === undefined) note('missing', began, { generation });
    await sleep(PAUSE_MS);
  };
  return {
    // One after another, so that what a process sees has an order.
    turn() {
      const mine = turns.then(turn);
      turns = mine.catch(() => {});
      return mine;
    },
  };
};
