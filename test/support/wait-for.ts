import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Waits until the condition holds, looking again every 25 ms.
 *
 * @throws {Error} with the last error of the condition, once the time is over.
 */
export async function waitFor(condition: () => Promise<boolean> | boolean, options: { timeoutMs?: number } = {}): Promise<void> {
  const until = Date.now() + (options.timeoutMs ?? 10_000);
  for (;;) {
    if (await condition()) return;
    if (Date.now() > until) throw new Error(`the condition did not hold within ${options.timeoutMs ?? 10_000} ms`);
    await sleep(25);
  }
}
