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
  return `<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="Map: ${devices.length} devices, ${live.length} heard of within the hour">
      ${devices.map((at) => circle(at, 'home', 5)).join('')}
      ${live.map((at) => circle(at, 'live', 3)).join('')}
    </svg>`;
}

/** The sum of an hour as a bar, of a day. */
function plot({ hours, now }: Shown): string {
  const sums = new Map<number, number>();
  for (const { at, sum } of [...hours.values()].flat()) sums.set(at, (sums.get(at) ?? 0) + sum);
  const last = Math.floor(now / 3_600_000) * 3_600_000;
  const bars = Array.from({ length: 24 }, (_, hour) => last - (23 - hour) * 3_600_000).map((at) => ({
    at,
    sum: sums.get(at) ?? 0,
  }));
  const most = Math.max(1, ...bars.map(({ sum }) => sum));
  const total = bars.reduce((so, { sum }) => so + sum, 0);
  const rects = bars.map(({ at, sum }, index) => {
    const height = (sum / most) * (HEIGHT - 20);
    const name = `${new Date(at).toISOString().slice(11, 16)}: ${sum} Wh`;
    return `<rect x="${index * 20 + 2}" y="${(HEIGHT - height).toFixed(1)}" width="16" height="${height.toFixed(1)}"><title>${name}</title></rect>`;
  });
  return `<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="Consumption of 24 hours: ${total} Wh">${rects.join('')}</svg>`;
}

const row = (head: unknown, ...cells: unknown[]): string =>
  `<tr><th scope="row">${text(head)}</th>${cells.map((cell) => `<td>${text(cell)}</td>`).join('')}</tr>`;

/** A site: where its devices are, what they consumed, and how that compares. */
export function renderDashboard(shown: Shown): string {
  const { site, top, active, consumption, computedAt } = shown;
  const boardRows = top.map(({ rank, member, score }) => row(member, rank, score));
  const siteRows = consumption.map((of) => row(of.site, Math.round(of.wattHours), of.devices, Math.round(of.usualPeak)));
  return `<!doctype html>
<html lang="en">
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width">
  <title>${text(site)}</title>
  <style>
    body { font: 1rem system-ui; margin: 2rem; max-width: 64rem }
    svg { max-width: 30rem; background: #f3f5f7 }
    .home { fill: none; stroke: #667 } .live, rect { fill: #0a6b4f }
    td { text-align: right; padding-left: 2rem } th { text-align: left } section { margin-top: 2rem }
  </style>
  <main>
    <h1>${text(site)}</h1>
    <p>${active} devices of all sites were heard of within a day.</p>
    <section><h2>Devices</h2>
    ${map(shown)}</section>
    <section><h2>Consumption of 24 hours</h2>
    ${plot(shown)}</section>
    <section><table><caption>Most consumed today</caption>
      <tr><th scope="col">device</th><th scope="col">place</th><th scope="col">Wh</th></tr>
      ${boardRows.join('\n      ')}</table></section>
    <section><table><caption>Sites in 30 days, as of ${computedAt ? new Date(computedAt).toISOString().slice(0, 19) : 'never'}</caption>
      <tr><th scope="col">site</th><th scope="col">Wh</th><th scope="col">devices</th><th scope="col">usual peak</th></tr>
      ${siteRows.join('\n      ')}</table></section>
  </main>
</html>
`;
}
