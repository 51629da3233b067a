import { PlatformHarness } from '../../bench/purge/platform-harness';
import { storm } from '../../bench/purge/storm';

/** As `npm run bench -- purge --part storm`, in little: 160 changes, and what a sweep would find in a minute it finds at once. */
test('nothing is lost, stale or paid twice while relay, invalidator and executor die (seed 7)', async () => {
  const harness = await PlatformHarness.start({ settings: { events: { duplicateProbability: 0.1, reorder: true } } });
  try {
    const options = { seed: 7, changes: 160, places: 24, kills: 4, failovers: 0, hurry: true };
    const result = await storm(harness, options, { log: () => {} });
    expect(result).toMatchObject({ lost: 0, staleAfterSettle: 0, doublePaid: 0 });
    expect(result.kills).toBeGreaterThanOrEqual(4);
  } finally {
    await harness.dispose();
  }
}, 240_000);
