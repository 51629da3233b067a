import { playScenario } from '../../bench/scenario/runner/play';
import { scenario } from '../../bench/scenario/static-site';

test('a site at small size keeps its bars, and ends its platform', async () => {
  const lines: string[] = [];
  const { missed, ...figures } = await playScenario(scenario, { size: 'small', seed: 1, note: (text) => lines.push(text) });
  expect({ missed, failed: figures.failed, lines: lines.slice(0, 2) }).toEqual({
    missed: [],
    failed: 0,
    lines: ['synthesizing examples/static-site', expect.stringMatching(/^the platform is up, at http:/)],
  });
  expect(figures).toMatchObject({ scenario: 'static-site', requests: expect.any(Number), staleAfterSettle: 0 });
});
