import type { Redis } from 'ioredis';
import { newReplicatedGroup } from '../../../lambdas/runtime/connection/replicated-group';
import { FakeClock } from '../../support/fake-clock';

/** Notes what each pipeline has, and answers when the test says so. */
class SlowMaster {
  readonly pipelines: string[][] = [];
  readonly #ends: ((error?: Error) => void)[] = [];
  /** Replicas that have acknowledged, and waits that were sent again. */
  acknowledged = 1;
  waits = 0;

  async wait(): Promise<number> {
    this.waits++;
    return this.acknowledged;
  }

  pipeline() {
    const commands: string[] = [];
    const pipeline = {
      eval: (script: string) => commands.push(script) && pipeline,
      wait: (replicas: number, milliseconds: number) => commands.push(`WAIT ${replicas} ${milliseconds}`) && pipeline,
      exec: () => {
        this.pipelines.push(commands);
        return new Promise((resolve, reject) =>
          this.#ends.push((error) =>
            error
              ? reject(error)
              : resolve(
                  commands.map((name) =>
                    name === 'bad' ? [new Error('MOVED')] : [null, name.startsWith('WAIT') ? this.acknowledged : name],
                  ),
                ),
          ),
        );
      },
    };
    return pipeline;
  }

  end(error?: Error): void {
    this.#ends.shift()?.(error);
  }
}

const start = () => {
  const master = new SlowMaster();
  const clock = new FakeClock();
  const group = newReplicatedGroup(master as unknown as Redis, clock);
  return { master, clock, run: (text: string) => group.run({ text, sha: '' }, ['key'], [], 1) };
};
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test('scripts that come while others are on their way share one wait for the replica', async () => {
  const { master, run } = start();
  const purges = ['a', 'b', 'bad', 'c'].map(run);
  expect(master.pipelines).toEqual([['a', 'WAIT 1 1']]);
  master.end();
  await turn();
  expect(master.pipelines[1]).toEqual(['b', 'bad', 'c', 'WAIT 1 1']);
  master.end();
  expect(await Promise.allSettled(purges)).toEqual([
    { status: 'fulfilled', value: ['a', true] },
    { status: 'fulfilled', value: ['b', true] },
    { status: 'rejected', reason: new Error('MOVED') },
    { status: 'fulfilled', value: ['c', true] },
  ]);
});

test('a replica is waited for by short waits, so that no read behind them is held up, and for 100 ms at most', async () => {
  const { master, clock, run } = start();
  master.acknowledged = 0;
  const late = run('a');
  master.end();
  await turn();
  for (let i = 0; i < 3; i++) await clock.advance(5);
  expect(master.waits).toBe(3);
  master.acknowledged = 1;
  await clock.advance(5);
  expect(await late).toEqual(['a', true]);
  master.acknowledged = 0;
  const never = run('b');
  master.end();
  await turn();
  await clock.advance(95);
  await clock.advance(5);
  expect(await never).toEqual(['b', false]);
});

test('a lost connection fails its group, and the next one goes on', async () => {
  const { master, run } = start();
  const first = run('a');
  const second = run('b');
  master.end(new Error('connection lost'));
  await expect(first).rejects.toThrow('connection lost');
  await turn();
  master.end();
  expect(await second).toEqual(['b', true]);
});
