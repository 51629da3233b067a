import { useEffect, useRef } from 'preact/hooks';
import uPlot from 'uplot';
import { clock } from './format';

/** A line or an area of a plot. */
export interface Series {
  readonly label: string;
  /** Name of a property of the style sheet. */
  readonly color: string;
  readonly values: readonly (number | undefined)[];
}

interface PlotProps {
  /** In words: what a person who can't see the picture gets. */
  readonly title: string;
  readonly summary: string;
  /** Epoch seconds. */
  readonly times: readonly number[];
  readonly series: readonly Series[];
  /** True where values are parts of a whole. */
  readonly stacked?: boolean;
  readonly unit: (value: number) => string;
}

const HEIGHT = 170;

/** A plot over time that follows its data, the width that there is, and the scheme of colours. */
export function Plot({ title, summary, times, series, stacked = false, unit }: PlotProps) {
  const box = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot>(undefined);
  const latest = useRef({ times, series });
  latest.current = { times, series };
  const names = series.map(({ label }) => label).join();

  useEffect(() => {
    const element = box.current!;
    const make = () => {
      plot.current?.destroy();
      const { times, series } = latest.current;
      plot.current = new uPlot(options(element, series, stacked, unit), dataOf(times, series, stacked), element);
    };
    make();
    const scheme = matchMedia('(prefers-color-scheme: dark)');
    scheme.addEventListener('change', make);
    const resize = new ResizeObserver(() => plot.current?.setSize({ width: element.clientWidth, height: HEIGHT }));
    resize.observe(element);
    return () => {
      scheme.removeEventListener('change', make);
      resize.disconnect();
      plot.current?.destroy();
    };
  }, [names]);
  useEffect(() => plot.current?.setData(dataOf(times, series, stacked)), [times, series]);

  return (
    <figure class="plot">
      <figcaption>
        <h3>{title}</h3>
        <ul class="legend">
          {series.map(({ label, color }) => (
            <li key={label}>
              <i style={{ background: `var(${color})` }} /> {label}
            </li>
          ))}
        </ul>
      </figcaption>
      <div ref={box} role="img" aria-label={`${title}: ${summary}`} />
    </figure>
  );
}

function dataOf(times: readonly number[], series: readonly Series[], stacked: boolean): uPlot.AlignedData {
  const values = series.map((one) => one.values.map((value) => value ?? null));
  if (!stacked) return [[...times], ...values] as uPlot.AlignedData;
  // The outermost first, so that each area lies on what the inner ones have covered.
  const sums = values.map((_, from) => times.map((_, at) => values.slice(from).reduce((sum, one) => sum + (one[at] ?? 0), 0)));
  return [[...times], ...sums];
}

function options(
  element: HTMLElement,
  series: readonly Series[],
  stacked: boolean,
  unit: (value: number) => string,
): uPlot.Options {
  // A canvas takes a colour as it is computed, not the name of a property.
  const color = (name: string) => {
    element.style.color = `var(${name})`;
    return getComputedStyle(element).color;
  };
  const [text, grid] = [color('--muted'), color('--line')];
  const axis = { stroke: text, grid: { stroke: grid, width: 1 }, ticks: { show: false }, font: '12px system-ui, sans-serif' };
  return {
    width: element.clientWidth,
    height: HEIGHT,
    cursor: { show: false },
    legend: { show: false },
    // Room for the half of a time that stands at the right end.
    padding: [null, 28, null, null],
    scales: { y: { range: (_, __, most) => [0, Math.max(most * 1.1, 1)] } },
    axes: [
      { ...axis, space: 80, values: (_, ticks) => ticks.map((second) => clock(second * 1000)) },
      { ...axis, size: 64, values: (_, ticks) => ticks.map(unit) },
    ],
    series: [
      {},
      ...series.map((one) => ({
        label: one.label,
        stroke: color(one.color),
        width: 1.5,
        spanGaps: false,
        points: { show: false },
        ...(stacked && { fill: color(one.color), paths: uPlot.paths.stepped!({ align: 1 }) }),
      })),
    ],
  };
}
