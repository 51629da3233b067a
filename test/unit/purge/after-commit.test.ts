import type { Pool } from 'pg';
import { afterCommit } from '../../../lambdas/platform/purge/after-commit';

/** A primary that answers after so many milliseconds; counts how often it is asked. */
function primaryOf(takesMs: number) {
  const asked: number[] = [];
  const query = async () => {
    asked.push(performance.now());
    await new Promise((resolve) => setTimeout(resolve, takesMs));
    return { rows: [{ lsn: '0/10', timeline_hex: '00000001', timeline: null, standby: false }] };
  };
  return { asked, primary: { query } as unknown as Pool };
}

/** A shared tier that is reached through a queue of this process. */
function queueOf(takesMs: (tag: string) => number) {
  const purged: string[] = [];
  let last = Promise.resolve();
  return {
    purged,
    shared: {
      purgeTags: ([tag = '']: readonly string[]) => {
        const ms = takesMs(tag);
        const done = (ms < Number.POSITIVE_INFINITY ? last : Promise.resolve()).then(async () => {
          await new Promise((resolve) => ms < Number.POSITIVE_INFINITY && setTimeout(resolve, ms));
          purged.push(tag);
        });
        if (ms < Number.POSITIVE_INFINITY) last = done;
        return done;
      },
    },
  };
}

const bus = { publish: async () => new Set<number>() };
const version = '0000000100000000000000010';
const purge = (tag: string) => ({ purgeId: tag, tags: [tag], mode: 'delete' as const });

let warnings: string[] = [];
beforeEach(() => {
  warnings = [];
  jest.useFakeTimers({ doNotFake: ['nextTick', 'queueMicrotask'] });
  jest.spyOn(console, 'log').mockImplementation(() => {});
  jest.spyOn(process.stdout, 'write').mockImplementation((line) => warnings.push(String(line)) > 0);
});
afterEach(() => {
  jest.useRealTimers();
  jest.restoreAllMocks();
});

/** @returns milliseconds after which each has ended. */
async function ends(works: readonly Promise<void>[]): Promise<number[]> {
  const started = performance.now();
  const all = Promise.all(works.map((work) => work.then(() => Math.round(performance.now() - started))));
  await jest.advanceTimersByTimeAsync(3_000);
  return all;
}

test('what waits in a queue of this process is not given up while others are purged', async () => {
  const { shared, purged } = queueOf(() => 50);
  const { primary } = primaryOf(0);
  const tags = Array.from({ length: 12 }, (_, n) => `t:${n}`);
  await ends(tags.map((tag) => afterCommit({ primary, bus, shared }, purge(tag), version)));
  expect(purged).toEqual(tags);
  expect(warnings).toEqual([]);
});

test('a shared tier that does nothing holds up an answer for a quarter of a second', async () => {
  const { shared } = queueOf(() => Number.POSITIVE_INFINITY);
  const { primary } = primaryOf(0);
  const [took] = await ends([afterCommit({ primary, bus, shared }, purge('a'), version)]);
  expect(took).toBeGreaterThanOrEqual(250);
  expect(took).toBeLessThan(350);
  expect(warnings).toEqual([expect.stringContaining('nothing was purged for 250 ms')]);
});

test('one that does something for others holds it up for a second', async () => {
  const { shared, purged } = queueOf((tag) => (tag === 'hangs' ? Number.POSITIVE_INFINITY : 50));
  const { primary } = primaryOf(0);
  const tags = ['hangs', ...Array.from({ length: 40 }, (_, n) => `t:${n}`)];
  const took = await ends(tags.map((tag) => afterCommit({ primary, bus, shared }, purge(tag), version)));
  expect(Math.max(...took)).toBeLessThan(1_300);
  expect(purged).not.toContain('hangs');
});

test('those who ask for a version while one is read share the next', async () => {
  const { shared, purged } = queueOf(() => 0);
  const { primary, asked } = primaryOf(20);
  await ends(Array.from({ length: 30 }, (_, n) => afterCommit({ primary, bus, shared }, purge(`t:${n}`))));
  expect(asked).toHaveLength(2);
  expect(purged).toHaveLength(30);
});
