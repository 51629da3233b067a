import * as fs from 'node:fs';
import * as axe from 'axe-core';
import type { Browser, Page } from 'playwright-core';
import { SCHEMES, show, VIEWS, WIDTHS } from '../console/views';
import { engineNames, functionArn } from '../support/app';
import { BROWSER_ADVICE, browserPath, startBrowser } from '../support/browser';
import { startTestPlatform, type TestPlatform } from '../support/platform';
import { waitFor } from '../support/wait-for';

// Where nobody has a browser it is said, not hidden; CI always has one.
const canRun = browserPath() !== undefined || process.env.CI !== undefined;
if (!canRun) process.stderr.write(`\nthe console is NOT tested, because there is no browser: ${BROWSER_ADVICE}\n\n`);

(canRun ? describe : describe.skip)('the console in a browser', () => {
  let platform: TestPlatform;
  let browser: Browser;
  let page: Page;
  const problems: string[] = [];

  beforeAll(async () => {
    platform = await startTestPlatform();
    browser = await startBrowser();
    page = await browser.newPage();
    page.on('pageerror', (error) => problems.push(error.message));
    page.on('console', (message) => message.type() === 'error' && problems.push(message.text()));
  });
  afterAll(async () => {
    await browser?.close();
    await platform?.dispose();
  });

  const view = (name: string) => VIEWS.find((one) => one.name === name)!;
  const texts = (selector: string) => page.locator(selector).allTextContents();

  test('each request is a row, and a path through the tiers with what its headers say', async () => {
    const first = await platform.get('/places/2950159');
    const second = await platform.get('/places/2950159');
    expect(second.headers['x-cache']).toBe('Hit from cloudfront');
    await show(page, platform.urls.console, view('live'));
    const rows = page.locator('table.requests tbody tr', { hasText: '/places/2950159' });
    await waitFor('both rows', async () => (await rows.count()) === 2);
    expect(await rows.locator('.answered').allTextContents()).toEqual(['Edge', 'Database']);
    await rows.nth(1).getByRole('button').click();
    const detail = page.locator('tr.detail');
    expect(await texts('.steps .name')).toEqual(['Edge', 'Stage cache', 'Function', 'Memory', 'Shared', 'Database']);
    expect(await texts('.steps .outcome')).toEqual(['miss', 'miss', 'ran', 'miss', 'miss', 'hit']);
    const facts = await detail.locator('.facts').first().textContent();
    expect(facts).toMatch(/TraceRoot=1-[0-9a-f]{8}-[0-9a-f]{24}/);
    for (const fact of [first.headers['cache-status'], first.headers['x-amz-cf-id'], 'place:2950159', '/places/2950159']) {
      expect(facts).toContain(fact);
    }
    // The picture shows the selected request's path as well.
    expect(await page.locator('.tier.reached').count()).toBe(5);
    expect(await page.locator('.tier .outcome b').allTextContents()).toEqual(['miss', 'miss', 'miss', 'miss', 'hit']);
  });

  test('the tiers show rates and ratios of what comes to them', async () => {
    for (let n = 0; n < 20; n++) await platform.get('/places/2950159');
    await show(page, platform.urls.console, view('live'));
    const edge = page.locator('.tier').first();
    await waitFor('a ratio', async () => /\d+ % answered here/.test((await edge.locator('.hit').textContent()) ?? ''));
    expect(await edge.textContent()).toMatch(/answered\d+(\.\d)?\/s.*p50\d+\.\d ms/);
    expect(await page.locator('.tier', { hasText: 'Shared' }).locator('.where').textContent()).toBe('6 of 6 processes run');
  });

  test('a purge arrives as a wave from the inside out, with the times of the ledger, and what viewers got meanwhile', async () => {
    await platform.get('/places/2950159');
    await show(page, platform.urls.console, { ...view('purges'), ready: '#purges-title' });
    // Steps in the order in which the page shows them done.
    await page.evaluate(`
      window.arrived = [];
      new MutationObserver(() => {
        for (const lane of document.querySelectorAll('.lanes li.done')) {
          if (!window.arrived.includes(lane.dataset.step)) window.arrived.push(lane.dataset.step);
        }
      }).observe(document.body, { subtree: true, childList: true, attributes: true });
    `);
    const change = await platform.request(`${platform.urls.gateway}/places/2950159`, {
      method: 'PATCH',
      body: { population: 11 },
    });
    const { purgeId } = change.json() as { purgeId: string };
    const read = async () => (await platform.get(`/purges/${purgeId}`)).json();
    const complete = await waitFor(
      'the purge',
      async () => {
        await platform.get('/places/2950159');
        const purge = await read();
        return purge.completedAt ? purge : undefined;
      },
      { timeoutMs: 60_000, everyMs: 200 },
    );
    await page.locator('.purges li', { hasText: 'complete after' }).first().waitFor();
    expect(await page.evaluate('window.arrived')).toEqual(['Event on the bus', 'Shared', 'Memory', 'Stage cache', 'Edge']);
    const state = (await page.locator('.purges .state').first().textContent()) ?? '';
    const seconds = (Date.parse(complete.completedAt) - Date.parse(complete.committedAt)) / 1000;
    expect(Number(/complete after ([\d.]+) s/.exec(state)?.[1])).toBeCloseTo(seconds, seconds < 10 ? 0 : -1);
    expect(await page.locator('.wave .facts').textContent()).toContain(purgeId);
    // The edge answered with what it had until it was purged, and never afterwards.
    expect(state).toMatch(/· \d+ stale answers? meanwhile/);
    for (let n = 0; n < 5; n++) expect((await platform.get('/places/2950159')).json().population).toBe(11);
    const late = page.locator('.figures > div', { hasText: 'Stale after completion' });
    expect(await late.locator('strong').textContent()).toBe('0');
  });

  test('entries are found by tag and by key in every tier, as the tiers have them', async () => {
    await platform.get('/places/2925533');
    await show(page, platform.urls.console, { ...view('entries'), place: 'entries?tag=place:2925533' });
    const found = (tier: string) => page.locator('.found', { hasText: tier }).locator('tbody tr');
    const stored = platform.edge.entries().filter(({ tags }) => tags.includes('place:2925533'));
    expect(await found('Edge').locator('code').allTextContents()).toEqual(stored.map(({ key }) => key));
    const staged = platform.gateway.entries().filter(({ key }) => key.includes('2925533'));
    expect(await found('Stage cache').locator('code').allTextContents()).toEqual(staged.map(({ key }) => key));
    expect(await found('Shared').count()).toBe(1);
    const reader = platform.lambda
      .environments()
      .find(({ functionArn, state }) => /Reader/.test(functionArn) && state === 'idle');
    expect(await found('Memory').locator('code').allTextContents()).toEqual(['/places/2925533']);
    expect(await found('Memory').textContent()).toMatch(
      new RegExp(`read \\d+\\.\\d s agoplace:2925533.*process ${reader!.pid}$`),
    );
    expect(await found('Shared').textContent()).toMatch(/place\/1\/2925533fresh for .*place:2925533, places/);
    await page.getByLabel('By').selectOption('key');
    await page.getByLabel('Tag or key').fill('2925533');
    await page.getByRole('button', { name: 'Look in every tier' }).click();
    await waitFor('the other search', async () => page.url().includes('key=2925533') && (await found('Shared').count()) > 0);
    expect(await found('Edge').count()).toBe(stored.length);
  });

  test('queues, rules and logs show what the platform has', async () => {
    await show(page, platform.urls.console, view('queues'));
    const stats = platform.queues.stats();
    const names = await texts('section:not([aria-labelledby=rules-title]) tbody button');
    expect([...names].sort()).toEqual(Object.keys(stats).sort());
    const busiest = Object.entries(stats).sort(([, a], [, b]) => b.sent - a.sent)[0]!;
    const row = page.locator('tr', { hasText: busiest[0] });
    expect(Number(await row.locator('td').nth(4).textContent())).toBeGreaterThanOrEqual(busiest[1].sent);
    expect(await texts('section[aria-labelledby=rules-title] tbody td:first-child')).toEqual(
      Object.keys(platform.events.stats()),
    );

    const reader = functionArn(platform, 'FunctionsReader').split(':')[6]!;
    await show(page, platform.urls.console, { ...view('logs'), place: `logs?function=${reader}` });
    const lines = fs.readFileSync(`${platform.stateDir}/logs/${reader}.log`, 'utf8').trim().split('\n');
    const report = lines.filter((line) => line.startsWith('REPORT')).at(-1)!;
    await page.getByLabel('Find').fill(report.split('\t')[0]!);
    await waitFor('the line', async () => (await texts('.log p')).includes(report));
  });

  test('a fault shows while it is on, and is gone once it is off', async () => {
    await show(page, platform.urls.console, view('faults'));
    const toggle = async (id: string, state: 'on' | 'off') => {
      await page.locator(`[data-fault=${id}] button`).click();
      await page.locator(`[data-fault=${id}][data-state=${state}]`).waitFor({ timeout: 60_000 });
    };
    const processes = async () => new Map((await platform.engines.processes()).map((one) => [one.name, one]));

    const [standby] = await engineNames(platform, 'postgres-standby');
    const stateOf = async () => {
      const { pid } = (await processes()).get(standby!)!;
      return /^State:\s+(\w)/m.exec(fs.readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
    };
    await toggle('freeze-standby', 'on');
    expect(await stateOf()).toBe('T');
    await platform.get('/places/2867714');
    await waitFor('the count of answers', async () =>
      /Answers[1-9]/.test((await page.locator('[data-fault=freeze-standby]').textContent()) ?? ''),
    );
    await toggle('freeze-standby', 'off');
    expect(await stateOf()).not.toBe('T');
    expect(await page.locator('[data-fault=freeze-standby]').textContent()).toMatch(/Viewers then, for .*Failed0/);

    await toggle('stop-cache-primary', 'on');
    const stopped = [...(await processes()).values()].filter(({ pid }) => pid === undefined).map(({ kind }) => kind);
    expect(stopped).toEqual(['redis']);
    expect((await platform.get('/places/2950158')).status).toBe(404);
    await toggle('stop-cache-primary', 'off');
    expect([...(await processes()).values()].every(({ pid }) => pid !== undefined)).toBe(true);
    await platform.engines.ready();

    const before = Object.values(platform.events.stats()).reduce((sum, { duplicates }) => sum + duplicates, 0);
    await toggle('double-bus', 'on');
    await platform.request(`${platform.urls.gateway}/places/2867714`, { method: 'PATCH', body: { population: 13 } });
    await waitFor(
      'a doubled event',
      () => Object.values(platform.events.stats()).reduce((sum, { duplicates }) => sum + duplicates, 0) > before + 1,
    );
    await toggle('double-bus', 'off');

    const worker = functionArn(platform, 'PurgeRelay').split(':')[6]!;
    await page.locator('[data-fault=kill-function] select').selectOption(worker);
    const pids = platform.lambda.environments(worker).map(({ pid }) => pid);
    await page.locator('[data-fault=kill-function] button').click();
    await page.locator('[data-fault=kill-function][data-state=on]').waitFor();
    await waitFor('their end', () => !platform.lambda.environments(worker).some(({ pid }) => pids.includes(pid)));
  });

  test('all of it is reached without a mouse', async () => {
    await show(page, platform.urls.console, view('live'));
    for (const { name } of VIEWS.slice(1)) {
      await page.locator('nav a[aria-current]').focus();
      await page.keyboard.press('Tab');
      expect(await page.evaluate("document.activeElement.getAttribute('href')")).toBe(`#/${name}`);
      await page.keyboard.press('Enter');
      await page.locator(`nav a[href="#/${name}"][aria-current=page]`).waitFor();
    }
    const toggle = page.getByRole('switch', { name: 'Delay the bus' });
    await toggle.focus();
    await page.keyboard.press('Space');
    await page.locator('[data-fault=delay-bus][data-state=on]').waitFor();
    await page.keyboard.press('Space');
    await page.locator('[data-fault=delay-bus][data-state=off]').waitFor();
    await show(page, platform.urls.console, view('live'));
    const row = page.locator('table.requests button').first();
    await row.focus();
    await page.keyboard.press('Enter');
    await page.locator('tr.detail').waitFor();
  });

  // Contrast hangs on the scheme and layout on the width, so that each of both is enough.
  describe.each([
    [WIDTHS[0], SCHEMES[0]],
    [WIDTHS[1], SCHEMES[1]],
  ] as const)('at %i pixels, %s', (width, scheme) => {
    test.each(VIEWS.map(({ name }) => name))('%s has nothing serious against it for axe, and fits', async (name) => {
      await page.emulateMedia({ colorScheme: scheme });
      await show(page, platform.urls.console, view(name), width);
      if (name === 'live') {
        await waitFor('a request to show its path', async () => {
          // A row that came in meanwhile may have taken the place of the one that is clicked.
          await page.locator('table.requests button').first().click();
          return page
            .locator('tr.detail')
            .waitFor({ timeout: 2000 })
            .then(
              () => true,
              () => false,
            );
        });
      }
      await page.evaluate(axe.source);
      const { violations } = (await page.evaluate('axe.run()')) as axe.AxeResults;
      const serious = violations.filter(({ impact }) => impact === 'serious' || impact === 'critical');
      expect(serious.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join(' ')}`)).toEqual([]);
      expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(width);
    });
  });

  test('a page of another site gets neither the page nor its token', async () => {
    const foreign = await browser.newPage();
    await foreign.goto(`${platform.urls.edge}/places/2950159`);
    expect(await foreign.evaluate(`fetch(${JSON.stringify(platform.urls.console)}).then(() => 'read', () => 'refused')`)).toBe(
      'refused',
    );
    await foreign.close();
  });

  test('nothing went wrong in the page', () => {
    expect(problems).toEqual([]);
  });
});
