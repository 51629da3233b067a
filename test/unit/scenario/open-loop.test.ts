import { setImmediate as turn } from 'node:timers/promises';
import { seeded } from '../../../bench/consistency/random';
import { openLoop } from '../../../bench/scenario/runner/open-loop';

const COUNT = 200;
/** So many a second that each is late at once. */
const late = () => ({ perSecond: 1e9, random: seeded(1), goesOn: (index: number) => index < COUNT });

/** Plays an open loop. @returns the numbers of its arrivals, and most of them that were under way. */
async function play(options: Parameters<typeof openLoop>[0], work: (index: number) => Promise<unknown>) {
  const seen: number[] = [];
  let [underWay, most] = [0, 0];
  await openLoop(options, async (index) => {
    seen.push(index);
    most = Math.max(most, ++underWay);
    await work(index);
    underWay--;
  });
  expect(underWay).toBe(0);
  return { seen, most };
}

test('arrivals that are late let answers in, instead of being sent all before the first is heard of', async () => {
  const { seen, most } = await play(late(), () => turn());
  expect(seen).toEqual(Array.from({ length: COUNT }, (_, index) => index));
  expect(most).toBeLessThan(10);
});

test('no more are under way than there may be', async () => {
  const turns = async () => {
    for (let i = 0; i < 20; i++) await turn();
  };
  expect((await play(late(), turns)).most).toBeGreaterThan(4);
  const { seen, most } = await play({ ...late(), atOnce: 4 }, turns);
  expect(seen).toHaveLength(COUNT);
  expect(most).toBe(4);
});

test('an arrival that fails ends it, once those under way are done', async () => {
  let done = 0;
  const playing = openLoop(late(), async (index) => {
    await turn();
    if (index === 3) throw new Error('no more');
    done++;
  });
  await expect(playing).rejects.toThrow('no more');
  expect(done).toBeGreaterThanOrEqual(3);
  expect(done).toBeLessThan(COUNT);
});
