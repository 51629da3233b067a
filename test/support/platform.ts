import * as fs from 'node:fs';
import * as http from 'node:http';
import * as os from 'node:os';
import * as path from 'node:path';
import { Sources } from '../../local/assembly/sources';
import { synthesize } from '../../local/assembly/synthesize';
import { startOf } from '../../local/host/process-tree';
import { type Platform, type PlatformOptions, startPlatform } from '../../local/platform';
import { withLock } from './lock';

const project = path.resolve(__dirname, '../..');
const ASSEMBLIES = path.join(project, '.cachement/test-assembly');
const CONTEXT = { stage: 'local' };

/** Assemblies of older sources are kept for this long: another test run may still use them. */
const KEEP_MS = 3_600_000;

// biome-ignore lint/suspicious/noExplicitAny: a test changes whatever it likes in a template
export type EditableTemplate = any;

export interface TestPlatformOptions extends Partial<Omit<PlatformOptions, 'assembly' | 'stateDir'>> {
  /** Changes a copy of each stack's template before the start. */
  readonly edit?: (template: EditableTemplate, stack: string) => void;
  /** @default - the app of this project, synthesized once for all tests */
  readonly assembly?: string;
  /** @default - a temporary folder, removed in the end */
  readonly stateDir?: string;
}

/** An answer, with its body read. */
export interface TestResponse {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: string;
  // biome-ignore lint/suspicious/noExplicitAny: a test knows what it asked for
  json(): any;
}

export interface RequestInit {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as it is where it is text, and as JSON otherwise. */
  readonly body?: unknown;
}

/** A platform for tests. `dispose` fails where a process of it is left. */
export interface TestPlatform extends Platform {
  readonly stateDir: string;
  /** GET of a path at the edge, or of a whole URL. */
  get(pathOrUrl: string, headers?: Readonly<Record<string, string>>): Promise<TestResponse>;
  /** Any request to a path at the edge, or to a whole URL. */
  request(pathOrUrl: string, init?: RequestInit): Promise<TestResponse>;
}

/** The app's cloud assembly for stage `local`; synthesized once for the same sources, also by tests that run at once. */
export async function testAssembly(): Promise<string> {
  const directory = path.join(ASSEMBLIES, new Sources(project).hash(CONTEXT));
  if (!fs.existsSync(directory)) {
    fs.mkdirSync(ASSEMBLIES, { recursive: true });
    await withLock(path.join(ASSEMBLIES, 'lock'), async () => {
      if (fs.existsSync(directory)) return;
      removeOlder(Date.now() - KEEP_MS);
      await synthesize({ project, directory: `${directory}.new`, context: CONTEXT });
      fs.renameSync(`${directory}.new`, directory);
    });
  }
  return directory;
}

/** A copy of an assembly with changed templates; assets are shared with the original. */
export function editedAssembly(assembly: string, edit: NonNullable<TestPlatformOptions['edit']>): string {
  const copy = fs.mkdtempSync(path.join(os.tmpdir(), 'edited-assembly-'));
  for (const name of fs.readdirSync(assembly)) {
    const [from, to] = [path.join(assembly, name), path.join(copy, name)];
    if (name.endsWith('.template.json')) {
      const template = JSON.parse(fs.readFileSync(from, 'utf8'));
      edit(template, name.slice(0, -'.template.json'.length));
      fs.writeFileSync(to, JSON.stringify(template));
    } else fs.symlinkSync(from, to);
  }
  return copy;
}

/** Tests count requests, so that the probe makes its own when a test says so. */
function withoutScheduledProbe({ Resources }: EditableTemplate): void {
  for (const [id, { Type, Properties }] of Object.entries<EditableTemplate>(Resources ?? {})) {
    if (Type === 'AWS::Events::Rule' && id.startsWith('ProbeSchedule')) Properties.State = 'DISABLED';
  }
}

/** Starts the app on free ports. Whoever starts it disposes of it, also after a failed test. */
export async function startTestPlatform({ edit, ...options }: TestPlatformOptions = {}): Promise<TestPlatform> {
  const remove: string[] = [];
  const original = options.assembly ?? (await testAssembly());
  const assembly = editedAssembly(original, (template, stack) => {
    withoutScheduledProbe(template);
    edit?.(template, stack);
  });
  remove.push(assembly);
  const stateDir = options.stateDir ?? fs.mkdtempSync(path.join(os.tmpdir(), 'platform-'));
  if (options.stateDir === undefined) remove.push(stateDir);
  const agent = new http.Agent({ keepAlive: true, maxSockets: 1024 });
  const cleanUp = () => {
    agent.destroy();
    for (const folder of remove) fs.rmSync(folder, { recursive: true, force: true });
  };

  let platform: Platform;
  try {
    platform = await startPlatform({ port: 0, ...options, assembly, stateDir });
  } catch (error) {
    cleanUp();
    throw error;
  }
  const request: TestPlatform['request'] = (pathOrUrl, init = {}) => {
    const url = pathOrUrl.startsWith('/') ? `${platform.urls.edge}${pathOrUrl}` : pathOrUrl;
    return send(url, init, agent);
  };
  return Object.assign(Object.create(platform) as Platform, {
    stateDir,
    request,
    get: (pathOrUrl: string, headers?: Readonly<Record<string, string>>) => request(pathOrUrl, { headers }),
    async dispose() {
      const records = recordedProcesses(stateDir);
      await platform.dispose();
      cleanUp();
      const left = records.filter(({ pid }) => startOf(pid) !== undefined);
      if (left.length > 0) throw new Error(`left behind: ${left.map(({ name, pid }) => `${name} (${pid})`).join(', ')}`);
    },
  });
}

/** The processes that a platform keeps on record, for a later run to find after a crash. */
export function recordedProcesses(stateDir: string): { readonly name: string; readonly pid: number }[] {
  const folder = path.join(stateDir, 'pids');
  if (!fs.existsSync(folder)) return [];
  return fs.readdirSync(folder).map((file) => JSON.parse(fs.readFileSync(path.join(folder, file), 'utf8')));
}

function send(url: string, { method = 'GET', headers, body }: RequestInit, agent: http.Agent): Promise<TestResponse> {
  const text = body === undefined || typeof body === 'string' ? body : JSON.stringify(body);
  return new Promise((resolve, reject) => {
    const outgoing = http.request(url, { method, headers, agent }, (incoming) => {
      const chunks: Buffer[] = [];
      incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
      incoming.once('error', reject);
      incoming.once('end', () => {
        const answer = Buffer.concat(chunks).toString();
        resolve({
          status: incoming.statusCode ?? 0,
          headers: incoming.headers,
          body: answer,
          json: () => JSON.parse(answer),
        });
      });
    });
    outgoing.once('error', reject);
    outgoing.end(text);
  });
}

function removeOlder(than: number): void {
  for (const name of fs.readdirSync(ASSEMBLIES)) {
    const folder = path.join(ASSEMBLIES, name);
    if (name !== 'lock' && fs.statSync(folder).mtimeMs < than) fs.rmSync(folder, { recursive: true, force: true });
  }
}
