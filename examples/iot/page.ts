import type { Entry } from 'cachement/patterns/leaderboards';
import type { Point } from 'cachement/patterns/time-series';
import type { Device, SiteConsumption } from './devices';

const ESCAPES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };
const text = (value: unknown): string => String(value).replace(/[&<>"']/g, (character) => ESCAPES[character] as string);

/** Values that the page shows. */
export interface Shown {
  readonly site: string;
  readonly devices: readonly Device[];
  readonly hours: ReadonlyMap<string, readonly Point[]>;
  readonly live: readonly { readonly id: string; readonly latitude: number; readonly longitude: number }[];
  readonly top: readonly Entry[];
  /** Devices that were heard of within a day, of all sites. */
  readonly active: number;
  readonly consumption: readonly SiteConsumption[];
  readonly computedAt: number | undefined;
  readonly now: number;
}

const WIDTH = 480;
const HEIGHT = 240;

/** Devices where they belong, as rings, and where they were heard of within the hour, as dots. */
function map({ devices, live }: Shown): string {
  const all = [...devices, ...live];
  if (all.length === 0) return '<p>There are no devices here.</p>';
  const [south, north, west, east] = [
    Math.min(...all.map(({ latitude }) => latitude)),
    Math.max(...all.map(({ latitude }) => latitude)),
    Math.min(...all.map(({ longitude }) => longitude)),
    Math.max(...all.map(({ longitude }) => longitude)),
  ] as const;
  const across = (value: number, from: number, to: number, length: number) =>
    (10 + ((value - from) / (to - from || 1)) * (length - 20)).toFixed(1);
  const circle = (at: { id: string; latitude: number; longitude: number }, kind: string, radius: number) =>
    `<circle class="${kind}" r="${radius}" cx="${across(at.longitude, west, east, WIDTH)}" cy="${across(at.latitude, north, south, HEIGHT)}"><title>${text(at.id)}</title></circle>`;
  return `<figure><svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="Map: ${devices.length} devices, ${live.length} heard of within the hour">
      ${devices.map((at) => circle(at, 'home', 5)).join('')}
      ${live.map((at) => circle(at, 'live', 3)).join('')}
    </svg>
    <figcaption>Rings: where ${devices.length} devices belong. Dots: where ${live.length} were heard of within the hour.</figcaption></figure>`;
}

/** The sum of an hour as a bar, of a day; and as a table for who can't see it. */
function plot({ hours, now }: Shown): string {
  const sums = new Map<number, number>();
  for (const { at, sum } of [...hours.values()].flat()) sums.set(at, (sums.get(at) ?? 0) + sum);
  const last = Math.floor(now / 3_600_000) * 3_600_000;
  const bars = Array.from({ length: 24 }, (_, hour) => last - (23 - hour) * 3_600_000).map((at) => ({
    time: new Date(at).toISOString().slice(11, 16),
    sum: sums.get(at) ?? 0,
  }));
  const most = Math.max(1, ...bars.map(({ sum }) => sum));
  const total = bars.reduce((so, { sum }) => so + sum, 0);
  const rects = bars.map(({ time, sum }, index) => {
    const [x, height] = [index * 20 + 2, (sum / most) * (HEIGHT - 40)];
    const hour = index % 6 === 2 ? `<text x="${x + 8}" y="${HEIGHT - 4}">${time}</text>` : '';
    return `<rect x="${x}" y="${(HEIGHT - 20 - height).toFixed(1)}" width="16" height="${height.toFixed(1)}"><title>${time}: ${count(sum)} Wh</title></rect>${hour}`;
  });
  const rows = bars.map(({ time, sum }) => row(time, count(sum)));
  return `<figure><svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="Consumption of 24 hours: ${total} Wh">${rects.join('')}</svg>
    <figcaption>${count(total)} Wh in all, at most ${count(most)} Wh an hour; times are UTC.</figcaption></figure>
    <details><summary>As a table</summary>${table(['Hour', 'Wh'], rows)}</details>`;
}

const count = (value: number): string => value.toLocaleString('en', { maximumFractionDigits: 0 });

const row = (head: unknown, ...cells: unknown[]): string =>
  `<tr><th scope="row">${text(head)}</th>${cells.map((cell) => `<td>${text(cell)}</td>`).join('')}</tr>`;

function table(heads: readonly string[], rows: readonly string[]): string {
  if (rows.length === 0) return '<p>Nothing yet.</p>';
  return `<table>
      <thead><tr>${heads.map((head) => `<th scope="col">${head}</th>`).join('')}</tr></thead>
      <tbody>${rows.join('\n      ')}</tbody></table>`;
}

const STYLE = `:root { color-scheme: light dark; font: 1rem/1.5 system-ui, sans-serif; --line: color-mix(in srgb, currentColor 20%, transparent) }
    body { max-width: 64rem; margin: 2rem auto; padding: 0 1rem; overflow-wrap: break-word }
    main > div { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 26rem), 1fr)); gap: 0 2rem }
    figure { margin: 0 } svg { width: 100%; border: 1px solid var(--line); box-sizing: border-box }
    svg text { font-size: .75rem; fill: currentColor; text-anchor: middle }
    .home { fill: none; stroke: currentColor; opacity: .6 } .live, rect { fill: light-dark(#0a6b4f, #4ec9a2) }
    table { width: 100%; border-collapse: collapse; font-variant-numeric: tabular-nums } tr { border-bottom: 1px solid var(--line) }
    th { text-align: left; font-weight: normal } thead th { font-weight: bold } td, thead th + th { text-align: right } th, td { padding: .25rem 0 } * + th, td { padding-left: .5rem }`;

/** A site: where its devices are, what they consumed, and how that compares. */
export function renderDashboard(shown: Shown): string {
  const { site, top, active, consumption, computedAt } = shown;
  const boardRows = top.map(({ rank, member, score }) => row(member, rank, count(score)));
  const siteRows = consumption.map((of) => row(of.site, count(of.wattHours), of.devices, count(of.usualPeak)));
  const asOf = computedAt
    ? `As of ${new Date(computedAt).toISOString().slice(0, 16).replace('T', ' ')} UTC.`
    : 'Not computed yet.';
  return `<!doctype html>
<html lang="en">
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <title>${text(site)}</title>
  <style>
    ${STYLE}
  </style>
  <main>
    <h1>${text(site)}</h1>
    <p>${count(active)} devices of all sites were heard of within a day.</p>
    <div>
    <section><h2>Devices</h2>
    ${map(shown)}</section>
    <section><h2>Consumption of 24 hours</h2>
    ${plot(shown)}</section>
    <section><h2>Most consumed today</h2>
    ${table(['Device', 'Place', 'Wh'], boardRows)}</section>
    <section><h2>Sites in 30 days</h2>
    <p>${asOf}</p>
    ${table(['Site', 'Wh', 'Devices', 'Usual peak'], siteRows)}</section>
    </div>
  </main>
</html>
`;
}
