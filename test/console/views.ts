import type { Page } from 'playwright-core';

/** The console's views, by their place in the address, each with what it shows once it has something to show. */
export const VIEWS: readonly { readonly name: string; readonly place: string; readonly ready: string }[] = [
  { name: 'live', place: 'live', ready: 'table.requests tbody tr' },
  { name: 'purges', place: 'purges', ready: '.purges .wave' },
  { name: 'entries', place: 'entries?tag=place:2950159', ready: '.found table' },
  { name: 'queues', place: 'queues', ready: 'section table tbody tr' },
  { name: 'logs', place: 'logs', ready: '.log p' },
  { name: 'faults', place: 'faults', ready: '[data-fault] button' },
];

export const WIDTHS = [1280, 400] as const;
export const SCHEMES = ['light', 'dark'] as const;

/** Shows a view, in a window of some width, and waits until it has something to show. */
export async function show(page: Page, console: string, { place, ready }: (typeof VIEWS)[number], width = 1280): Promise<void> {
  await page.setViewportSize({ width, height: 900 });
  await page.goto(`${console}/#/${place}`);
  await page.locator(ready).first().waitFor();
}
