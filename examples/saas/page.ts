import type { Usage } from 'cachement/patterns/usage';
import type { Tenant } from './tenants';

const ESCAPES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };
const text = (value: unknown): string => String(value).replace(/[&<>"']/g, (character) => ESCAPES[character] as string);

/** Values of a tenant that the page shows. */
export interface Shown {
  readonly tenant: Tenant;
  /** Requests of today that are left. */
  readonly remaining: number;
  readonly month: string;
  /** Counters, as of now. */
  readonly usage: Usage;
  /** Rows of the bill, as of the last flush. */
  readonly billed: readonly { readonly meter: string; readonly units: number }[];
}

const STYLE = `:root { color-scheme: light dark; font: 1rem/1.5 system-ui, sans-serif }
body { max-width: 40rem; margin: 2rem auto; padding: 0 1rem; overflow-wrap: break-word }
meter { width: 100%; height: 1rem } h2 { margin-top: 2rem }
table { width: 100%; border-collapse: collapse; font-variant-numeric: tabular-nums }
th { text-align: left; font-weight: normal } td, thead th + th { text-align: right } thead th { font-weight: bold }
tr { border-bottom: 1px solid color-mix(in srgb, currentColor 20%, transparent) } th, td { padding: .25rem 0 }`;

const count = (value: number): string => value.toLocaleString('en');

function table(units: Iterable<readonly [string, number]>, none: string): string {
  const rows = [...units].map(([meter, value]) => `<tr><th scope="row">${text(meter)}</th><td>${count(value)}</td></tr>`);
  if (rows.length === 0) return `<p>${none}</p>`;
  return `<table>
      <thead><tr><th scope="col">Meter</th><th scope="col">Units</th></tr></thead>
      <tbody>${rows.join('\n      ')}</tbody>
    </table>`;
}

/** A tenant's usage and limits. */
export function renderTenant({ tenant, remaining, month, usage, billed }: Shown): string {
  const { id, plan, requestsPerDay } = tenant;
  const used = requestsPerDay - remaining;
  return `<!doctype html>
<html lang="en">
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <title>${text(id)}</title>
  <style>${STYLE}</style>
  <main>
    <h1>${text(id)}</h1>
    <p><label>Plan ${text(plan)}: ${count(used)} of ${count(requestsPerDay)} requests today
      <meter min="0" max="${requestsPerDay}" high="${0.9 * requestsPerDay}" value="${used}"></meter></label></p>
    <h2>Counted in ${text(month)}: ${count(usage.total)}</h2>
    ${table(usage.byMeter, 'No requests yet.')}
    <h2>Billed in ${text(month)}</h2>
    ${table(
      billed.map(({ meter, units }) => [meter, units] as const),
      'No hours are written yet: that is every five minutes.',
    )}
  </main>
</html>
`;
}
