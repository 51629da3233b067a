import { useState } from 'preact/hooks';
import { ANSWERERS, type Figures, type RequestRow } from '../protocol';
import { duration, rate } from './format';
import { Plot } from './plot';
import { ANSWERER_NAMES, Requests } from './requests';
import { useLive } from './store';
import { Tiers } from './tiers';

/** View of the tiers and of the requests that come to them. */
export function Live() {
  const { about, figures, engines = [], rows, stale } = useLive();
  const [selected, select] = useState<RequestRow>();
  return (
    <>
      <Tiers about={about} figures={figures} engines={engines} selected={selected} />
      <Plots figures={figures} />
      <Requests rows={rows} selected={selected} select={select} stale={stale} />
    </>
  );
}

function Plots({ figures }: { readonly figures: Figures | undefined }) {
  const history = figures?.history ?? [];
  const times = history.map(({ second }) => second);
  const last = history.at(-1);
  const answers = ANSWERERS.map((answerer, index) => ({
    label: ANSWERER_NAMES[answerer],
    color: `--${answerer}`,
    values: history.map((one) => one.answers[index]),
  }));
  const latencies = [
    { label: 'p50', color: '--p50', values: history.map(({ p50 }) => p50) },
    { label: 'p95', color: '--p95', values: history.map(({ p95 }) => p95) },
  ];
  return (
    <div class="plots">
      <Plot
        title="Answers a second, by tier"
        summary={answers.map(({ label, values }) => `${label} ${values.at(-1) ?? 0}`).join(', ')}
        times={times}
        series={answers}
        stacked
        unit={(value) => (Number.isInteger(value) ? rate(value) : '')}
      />
      <Plot
        title="Time to the answer"
        summary={`half within ${duration(last?.p50)}, 95 % within ${duration(last?.p95)}`}
        times={times}
        series={latencies}
        unit={duration}
      />
    </div>
  );
}
