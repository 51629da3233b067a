import { systemClock } from '../../../local/host/clock';

test('a callback that throws is reported, and ends nothing', async () => {
  const failures: string[] = [];
  const clock = systemClock(({ message }) => failures.push(message));
  await new Promise<void>((resolve) => {
    clock.schedule(0, () => {
      throw new Error('of a timer');
    });
    clock.schedule(1, resolve);
  });
  expect(failures).toEqual(['of a timer']);
});
