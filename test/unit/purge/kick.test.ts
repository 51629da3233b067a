import type { Bus, Message } from '../../../lambdas/platform/bus';
import { kick } from '../../../lambdas/platform/purge/kick';

/** A bus whose answers are given by the test, in the order of the calls. */
class SlowBus implements Bus {
  readonly messages: Message[] = [];
  readonly #answers: ((refused: Set<number>) => void)[] = [];

  publish(messages: readonly Message[]): Promise<Set<number>> {
    this.messages.push(...messages);
    return new Promise((resolve) => this.#answers.push(resolve));
  }

  answer(...refused: number[]): void {
    this.#answers.shift()?.(new Set(refused));
  }
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test('those who come while a kick is on its way share the next one', async () => {
  const bus = new SlowBus();
  const kicks = ['a', 'b', 'c', 'd'].map((purgeId) => kick(bus, purgeId));
  let done = 0;
  for (const each of kicks) void each.then(() => done++);
  expect(bus.messages).toEqual([{ type: 'OutboxKicked', detail: { purgeId: 'a' } }]);
  bus.answer();
  await turn();
  // The first is through; the others are told only once a kick that began after they came was accepted.
  expect(done).toBe(1);
  expect(bus.messages).toEqual(['a', 'b'].map((purgeId) => ({ type: 'OutboxKicked', detail: { purgeId } })));
  bus.answer();
  await Promise.all(kicks);
  void kick(bus, 'e');
  expect(bus.messages).toHaveLength(3);
});

test('a kick that the bus refuses fails, and the next one is sent all the same', async () => {
  const bus = new SlowBus();
  const first = kick(bus, 'a');
  const second = kick(bus, 'b');
  bus.answer(0);
  await expect(first).rejects.toThrow('the bus did not accept the kick');
  await turn();
  bus.answer();
  await second;
  expect(bus.messages).toHaveLength(2);
});
