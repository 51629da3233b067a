import { setTimeout as sleep } from 'node:timers/promises';
import { Generations } from 'cachement/patterns/generations';
import type { Handle } from '../../../lambdas/runtime/versions/postgres';
import type { MakeGame } from '../game';
import { monotonic } from '../journal';

const KEYS = 20;
const PAUSE_MS = 5;
/** Times that a server is asked before a turn fails: some ten seconds. */
const MOST_ASKED = 2000;

/** Publications, and readers who must see the old generation or the new one, in this order. */
export const generations: MakeGame = ({ connection, cache, random, process, note }) => {
  const recommended = new Generations<string, Handle>({ connection, cache, name: 'recommended', keepSeconds: 600 });
  const freshness = { memoryTtlSeconds: 60, sharedTtlSeconds: 600 };
  const stored = cache.namespace('recommended', { freshness, jitter: 0, earlyRefresh: 0 });
  const { shared } = cache.internals.read;
  /** A read has no value, either, where its server doesn't answer: whether there is one is asked until one does. */
  const isThere = async (name: string): Promise<boolean> => {
    for (let asked = 0; asked < MOST_ASKED; asked++) {
      const found = await shared!.get(stored.entry(name).entryName).catch(() => undefined);
      if (found !== undefined) return found !== null;
      await sleep(PAUSE_MS);
    }
    throw new Error(`no server said in ${MOST_ASKED} times whether '${name}' is there`);
  };
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
    const key = `key-${Math.floor(random.between(0, KEYS))}`;
    const { value, generation } = await recommended.get(key);
    if (generation !== undefined && generation !== seen.at(-1)) {
      if (seen.includes(generation)) note('went-back', began, { generation, seen: seen.slice(-3) });
      seen.push(generation);
    }
    if (value !== undefined && value !== generation) note('torn', began, { value, generation });
    if (generation !== undefined && value === undefined && !(await isThere(`${generation}/${key}`))) {
      note('missing', began, { generation, key });
    }
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
