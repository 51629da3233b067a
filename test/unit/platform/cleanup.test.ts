import { Cleanup } from '../../../local/cleanup';

describe('cleanup', () => {
  test('undoes the latest first, once, and goes on after a failure', async () => {
    const done: string[] = [];
    const cleanup = new Cleanup();
    cleanup.add(() => done.push('first'));
    cleanup.add(async () => {
      throw new Error('stuck');
    });
    cleanup.add(() => done.push('last'));
    await expect(cleanup.run()).rejects.toThrow('could not clean up: Error: stuck');
    await expect(cleanup.run()).rejects.toThrow('stuck');
    expect(done).toEqual(['last', 'first']);
  });

  test('undoes at once what is added too late', async () => {
    const done: string[] = [];
    const cleanup = new Cleanup();
    await cleanup.run();
    cleanup.add(() => done.push('late'));
    await cleanup.run();
    expect(done).toEqual(['late']);
  });
});
