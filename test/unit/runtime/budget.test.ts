import { newBudget } from '../../../lambdas/runtime/connection/budget';

const late = () => new Error('too late');

describe('a budget', () => {
  beforeEach(() => {
    jest.useFakeTimers();
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  test('an operation that ends in time settles as it does', async () => {
    const budget = newBudget(50, late);
    await expect(budget.limit(Promise.resolve('answer'))).resolves.toBe('answer');
    await expect(budget.limit(Promise.reject(new Error('refused')))).rejects.toThrow('refused');
    expect(jest.getTimerCount()).toBe(1);
  });

  test('each operation fails once its own time is over, with one timer for all', async () => {
    const budget = newBudget(50, late);
    const failed: string[] = [];
    const begin = (name: string) =>
      budget.limit(new Promise(() => {})).catch((error: Error) => failed.push(`${name}: ${error.message}`));
    void begin('first');
    await jest.advanceTimersByTimeAsync(30);
    void begin('second');
    expect(jest.getTimerCount()).toBe(1);
    await jest.advanceTimersByTimeAsync(19);
    expect(failed).toEqual([]);
    await jest.advanceTimersByTimeAsync(11);
    expect(failed).toEqual(['first: too late']);
    await jest.advanceTimersByTimeAsync(30);
    expect(failed).toEqual(['first: too late', 'second: too late']);
    await jest.advanceTimersByTimeAsync(100);
    expect(jest.getTimerCount()).toBe(0);
  });

  test('answers that a busy process finds along with its due timer count', async () => {
    const budget = newBudget(50, late);
    let answer = (_: string) => {};
    const operation = budget.limit(
      new Promise<string>((resolve) => {
        answer = resolve;
      }),
    );
    // The timer comes first, as it does in an event loop; the sockets are read in the same turn.
    jest.advanceTimersByTime(50);
    answer('just read');
    await jest.advanceTimersByTimeAsync(1);
    await expect(operation).resolves.toBe('just read');
  });

  test('makes those fail that are still under way among many that have settled', () => {
    const budget = newBudget(50, late);
    const failed: number[] = [];
    for (let i = 0; i < 5000; i++) budget.bound({ isResolved: i % 1000 !== 7, reject: () => failed.push(i) });
    jest.advanceTimersByTime(60);
    expect(failed).toEqual([7, 1007, 2007, 3007, 4007]);
  });

  test('the time that a busy process takes for itself is charged to nobody', async () => {
    const budget = newBudget(50, late);
    const failed = jest.fn();
    budget.limit(new Promise(() => {})).catch(failed);
    // Each turn of the event loop takes 100 ms: of each a tick is charged, which is 10 ms.
    for (let turn = 0; turn < 4; turn++) {
      jest.setSystemTime(Date.now() + 100);
      await jest.advanceTimersToNextTimerAsync(2);
    }
    expect(failed).not.toHaveBeenCalled();
    await jest.advanceTimersByTimeAsync(50);
    expect(failed).toHaveBeenCalled();
  });

  test('an operation waits as long as its server answers others, and no longer than many budgets', async () => {
    let now = 0;
    const heard = { at: 0 };
    const progress = {
      observe: (time: number) => {
        now = time;
      },
      lastAt: ({ key }: { readonly key?: string | undefined }) => (key === 'queued' ? heard.at : undefined),
    };
    const budget = newBudget(50, late, progress);
    const failed: string[] = [];
    for (const key of ['queued', 'unanswered']) budget.limit(new Promise(() => {}), key).catch(() => failed.push(key));
    for (let i = 0; i < 20; i++) {
      await jest.advanceTimersByTimeAsync(20);
      heard.at = now;
    }
    expect(failed).toEqual(['unanswered']);
    await jest.advanceTimersByTimeAsync(75);
    expect(failed).toEqual(['unanswered', 'queued']);
    failed.length = 0;
    budget.limit(new Promise(() => {}), 'queued').catch(() => failed.push('queued'));
    for (let i = 0; i < 200 && failed.length === 0; i++) {
      await jest.advanceTimersByTimeAsync(20);
      heard.at = now;
    }
    expect(failed).toEqual(['queued']);
  });
});
