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

/** A tenant's usage and limits. */
export function renderTenant({ tenant, remaining, month, usage, billed }: Shown): string {
  const used = tenant.requestsPerDay - remaining;
  const rows = (units: Iterable<readonly [string, number]>) =>
    [...units].map(([meter, count]) => `<tr><th scope="row">${text(meter)}</th><td>${count}</td></tr>`).join('\n      ');
  return `<!doctype html>
<html lang="en">
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width">
  <title>${text(tenant.id)}</title>
  <style>body { font: 1rem system-ui; margin: 2rem } td { text-align: right; padding-left: 2rem } th { text-align: left }</style>
  <main>
    <h1>${text(tenant.id)}</h1>
    <p>Plan ${text(tenant.plan)}: <label>${used} of ${tenant.requestsPerDay} requests today
      <meter min="0" max="${tenant.requestsPerDay}" value="${used}"></meter></label></p>
    <table>
      <caption>Requests in ${text(month)}, counted: ${usage.total}</caption>
      ${rows(usage.byMeter)}
    </table>
    <table>
      <caption>Billed in ${text(month)}</caption>
      ${rows(billed.map(({ meter, units }) => [meter, units] as const))}
    </table>
  </main>
</html>
`;
}
