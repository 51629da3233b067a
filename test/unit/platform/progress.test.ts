import { createProgress } from '../../../local/progress';

function recorded(verbose: boolean) {
  const written: string[] = [];
  let time = 0;
  const progress = createProgress({ write: (text) => written.push(text) }, { verbose, now: () => time });
  return {
    progress,
    pass: (milliseconds: number) => {
      time += milliseconds;
    },
    text: () => written.join(''),
  };
}

describe('progress', () => {
  test('shows a phase when it begins, and how long it took', async () => {
    const { progress, pass, text } = recorded(false);
    await progress.phase('starting', async () => {
      expect(text()).toBe('starting ...');
      progress.log('engine', 'hidden');
      pass(1234);
    });
    expect(text()).toBe('starting ... 1.2 s\n');
  });

  test('shows what products report in between where it is verbose', async () => {
    const { progress, text } = recorded(true);
    await progress.phase('starting', async () => progress.log('engine', 'warm'));
    progress.log('engine', 'hot');
    expect(text()).toBe('starting ...\n  [engine] warm\nstarting: 0.0 s\n  [engine] hot\n');
  });

  test('says which phase failed', async () => {
    const { progress, text } = recorded(false);
    await expect(progress.phase('starting', () => Promise.reject(new Error('no')))).rejects.toThrow('no');
    expect(text()).toBe('starting ... failed\n');
  });
});
