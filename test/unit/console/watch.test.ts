import { Watch } from '../../../local/console/watch';

beforeEach(() => jest.useFakeTimers());
afterEach(() => jest.useRealTimers());

test('work is done while somebody looks, and not before or after', async () => {
  const counts = { runs: 0, rests: 0, sent: 0 };
  const task = {
    everyMs: 1000,
    run: (send: (name: 'rows', data: []) => void) => {
      counts.runs += 1;
      send('rows', []);
    },
    rest: () => {
      counts.rests += 1;
    },
  };
  const watch = new Watch(() => undefined, [task]);
  const viewer = () => ({
    send: () => {
      counts.sent += 1;
    },
  });
  await jest.advanceTimersByTimeAsync(10_000);
  expect(counts).toEqual({ runs: 0, rests: 0, sent: 0 });
  const leave = [watch.join(viewer()), watch.join(viewer())];
  await jest.advanceTimersByTimeAsync(2500);
  expect(counts).toEqual({ runs: 3, rests: 0, sent: 6 });
  leave[0]?.();
  await jest.advanceTimersByTimeAsync(1000);
  leave[1]?.();
  await jest.advanceTimersByTimeAsync(10_000);
  expect(counts).toEqual({ runs: 4, rests: 1, sent: 7 });
  expect(jest.getTimerCount()).toBe(0);
  watch.join(viewer());
  await jest.advanceTimersByTimeAsync(0);
  expect(counts.runs).toBe(5);
  await watch.dispose();
  expect([counts.rests, jest.getTimerCount()]).toEqual([2, 0]);
});

test('work goes on after a failure, which is logged', async () => {
  const lines: string[] = [];
  let runs = 0;
  const run = () => {
    runs += 1;
    if (runs === 1) throw new Error('the engine is stopped');
  };
  const watch = new Watch((line) => lines.push(line), [{ everyMs: 1000, run }]);
  watch.join({ send: () => undefined });
  await jest.advanceTimersByTimeAsync(1000);
  expect([runs, lines]).toEqual([2, ['a look failed: the engine is stopped']]);
  await watch.dispose();
});

test('whoever looks again while a run is still going on starts no second one beside the next', async () => {
  let [runs, going] = [0, 0];
  let most = 0;
  const run = async () => {
    runs += 1;
    most = Math.max(most, ++going);
    await new Promise((resolve) => setTimeout(resolve, 500));
    going -= 1;
  };
  const watch = new Watch(() => undefined, [{ everyMs: 1000, run }]);
  const leave = watch.join({ send: () => undefined });
  await jest.advanceTimersByTimeAsync(200);
  leave();
  watch.join({ send: () => undefined });
  await jest.advanceTimersByTimeAsync(5800);
  expect([runs, most]).toEqual([5, 1]);
  const end = watch.dispose();
  await jest.advanceTimersByTimeAsync(1000);
  await end;
});
