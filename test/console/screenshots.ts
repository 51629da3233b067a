import * as fs from 'node:fs';
import * as path from 'node:path';
import { startBrowser } from '../support/browser';
import { startTestPlatform } from '../support/platform';
import { waitFor } from '../support/wait-for';
import { SCHEMES, show, VIEWS, WIDTHS } from './views';

/** `npm run console:screenshots`: pictures of every view, at both widths and in both schemes, with something going on. */
async function main(): Promise<void> {
  const folder = path.resolve(__dirname, '../../.cachement/screenshots');
  fs.rmSync(folder, { recursive: true, force: true });
  fs.mkdirSync(folder, { recursive: true });
  const platform = await startTestPlatform();
  const browser = await startBrowser();
  try {
    const page = await browser.newPage();
    await show(page, platform.urls.console, VIEWS.at(-1)!);
    await page.getByLabel('Paths of the edge').fill('/places/2950159\n/places/2925533\n/places/[2950000-2950200]');
    await page.getByRole('button', { name: 'Send for five minutes' }).click();
    await page.getByRole('switch', { name: 'Double the bus' }).click();
    const answers = page.locator('[data-fault=double-bus] dd').first();
    await waitFor('answers', async () => Number(await answers.textContent()) > 40);
    const change = await platform.request(`${platform.urls.gateway}/places/2950159`, {
      method: 'PATCH',
      body: { population: 3 },
    });
    const { purgeId } = change.json() as { purgeId: string };
    await waitFor('the purge', async () => (await platform.get(`/purges/${purgeId}`)).json().completedAt, { timeoutMs: 240_000 });
    await platform.request(`${platform.urls.gateway}/places/2950159`, { method: 'PATCH', body: { population: 4 } });
    for (const scheme of SCHEMES) {
      await page.emulateMedia({ colorScheme: scheme });
      for (const width of WIDTHS) {
        for (const view of VIEWS) {
          await show(page, platform.urls.console, view, width);
          if (view.name === 'live')
            await page.locator('table.requests tbody tr', { hasText: 'Database' }).first().getByRole('button').click();
          // What sticks to the top of the window is to be there in the picture of the whole page.
          if (width > 500) await page.evaluate('scrollTo(0, 0)');
          // Two seconds of figures.
          await page.waitForTimeout(2000);
          await page.screenshot({ path: path.join(folder, `${view.name}-${width}-${scheme}.png`), fullPage: width > 500 });
        }
      }
    }
    console.log(`${fs.readdirSync(folder).length} pictures in ${path.relative(process.cwd(), folder)}`);
  } finally {
    await browser.close();
    await platform.dispose();
  }
}

main().catch((error: Error) => {
  console.error(error.message);
  process.exitCode = 1;
});
