import type { FlushKick } from '../../../lambdas/platform/bus';
import { createFlusher, flusherKick } from '../../../lambdas/platform/flusher';

/** A clock that only sleeping moves, and a queue whose third flush fails. */
function running() {
  let now = 0;
  let flushes = 0;
  const clock = {
    now: () => now,
    sleep: async (milliseconds: number) => {
      now += milliseconds;
    },
  };
  const behind = {
    flush: async () => {
      if (++flushes === 3) throw new Error('the tier is away');
      return 2;
    },
  };
  return { clock, run: createFlusher({ behind, clock }), flushes: () => flushes };
}

test.each([
  ['the schedule', {}, 55_000, 276],
  ['a kick', { 'detail-type': 'WritesQueued' }, 5_000, 26],
])('%s flushes for its time, whatever fails', async (_, event, milliseconds, flushes) => {
  const flusher = running();
  expect(await flusher.run(event)).toEqual({ flushed: 2 * (flushes - 1) });
  expect(flusher.clock.now()).toBe(milliseconds);
  expect(flusher.flushes()).toBe(flushes);
});

test('a kick that nobody takes is no failure of the writer', async () => {
  const sent: FlushKick[] = [];
  const kick = flusherKick({
    publish: async (messages) => {
      sent.push(...messages);
      return new Set([0]);
    },
  });
  await kick();
  expect(sent).toEqual([{ type: 'WritesQueued', detail: {} }]);
});
