import * as path from 'node:path';
import type { AssemblyModel } from '../assembly';
import type { Products } from '../products';
import type { ProductContext } from '../types';
import { EnginesWatch } from './engines-watch';
import { EntrySearch } from './entries';
import { FaultPanel } from './faults';
import { LedgerReader } from './ledger';
import { LoadSender } from './load';
import { follow } from './logs';
import { PipesWatch } from './pipes';
import type { About, RequestRow } from './protocol';
import { PurgeWaves } from './purge-waves';
import type { Recorder } from './recorder';
import { ConsoleError, ConsoleServer, type Viewer } from './server';
import type { Wanted } from './shared-entries';
import { Traffic } from './traffic';
import { type Send, Watch } from './watch';

/** Parts of a running platform that the console shows. */
export interface ConsoleOptions {
  readonly products: Products;
  readonly model: AssemblyModel;
  readonly context: ProductContext;
  readonly recorder: Recorder;
  readonly urls: About['urls'];
  /**
   * Folder of the page's files.
   * @default - where this project's bundles are
   */
  readonly pageFolder?: string;
}

/** The console, as it runs. */
export interface Console {
  readonly url: string;
  /** Ends it, with everything that it has switched on. */
  dispose(): Promise<void>;
}

const PAGE_FOLDER = path.join(__dirname, '../../assets/console');

/** Starts the console on its port of loopback. It does nothing until somebody looks. */
export async function startConsole(options: ConsoleOptions): Promise<Console> {
  const { products, context, recorder, pageFolder = PAGE_FOLDER } = options;
  const log = (message: string) => context.log('console', message);
  const traffic = new Traffic(recorder);
  const engines = new EnginesWatch(products.engines);

  const faults = new FaultPanel(products, options.model, log);
  const load = new LoadSender(options.urls.edge);
  const purges = new PurgeWaves(new LedgerReader(products.engines), traffic, (rows) => {
    traffic.addStale(rows);
    faults.addStale(rows);
  });
  const pipes = new PipesWatch(products, options.model);
  const entries = new EntrySearch(products, options.model, new LedgerReader(products.engines), () => {
    collect(() => undefined);
    return traffic.rows;
  });
  const collect = (take: (rows: readonly RequestRow[]) => void) => {
    const rows = traffic.collect(take);
    purges.add(rows);
    faults.add(rows);
  };
  const sendFaults = async (send: Send) => send('faults', { faults: await faults.rows(), load: load.state });
  const watch = new Watch(log, [
    { everyMs: 250, run: (send) => collect((rows) => send('rows', rows)) },
    { everyMs: 500, run: (send) => purges.look(send), rest: () => purges.rest() },
    { everyMs: 1000, run: (send) => send('figures', traffic.figures(Date.now())) },
    { everyMs: 1000, run: (send) => send('pipes', pipes.look()) },
    { everyMs: 1000, run: sendFaults },
    { everyMs: 2000, run: async (send) => send('engines', await engines.states()) },
  ]);
  const server = new ConsoleServer({
    pageFolder,
    log,
    calls: {
      'GET /api/entries': ({ query }) => entries.find(wantedOf(query), Date.now()),
      'POST /api/faults': async ({ body }) => {
        const { id, on, target } = (body ?? {}) as Record<string, unknown>;
        if (typeof on !== 'boolean') throw new ConsoleError(400, "'on' must be true or false");
        await faults.set(String(id), on, target === undefined ? undefined : String(target));
        return faults.rows();
      },
      'POST /api/load': ({ body }) => {
        load.start(body);
        return load.state;
      },
      'POST /api/load/stop': () => {
        load.stop();
        return load.state;
      },
      'GET /api/messages': ({ query }) => pipes.messages(query.get('queue') ?? ''),
    },
    onViewer: (viewer: Viewer, query) => {
      const name = query.get('log');
      if (name !== null) return followLog(name, viewer, options);
      viewer.send('about', about(options));
      collect(() => undefined);
      purges.forget();
      viewer.send('rows', traffic.rows);
      viewer.send('figures', traffic.figures(Date.now()));
      return watch.join(viewer);
    },
  });
  const url = await server.listen(context.environment.port('console'));
  return {
    url,
    async dispose() {
      load.dispose();
      await server.close();
      await watch.dispose();
      await faults.dispose();
    },
  };
}

function wantedOf(query: URLSearchParams): Wanted {
  const [key, tag] = [query.get('key')?.trim(), query.get('tag')?.trim().toLowerCase()];
  if (tag) return { tag };
  if (key) return { key };
  throw new ConsoleError(400, "'key' or 'tag' must be a text that isn't empty");
}

/** Name of the log of all products, beside those of functions. */
const PLATFORM_LOG = 'platform';

const logsOf = (model: AssemblyModel): string[] => [
  ...model
    .resources('AWS::Lambda::Function')
    .map((resource) => model.ref(resource))
    .sort(),
  PLATFORM_LOG,
];

function followLog(name: string, viewer: Viewer, { model, context }: ConsoleOptions): () => void {
  if (!logsOf(model).includes(name)) return () => undefined;
  const file = path.join(context.environment.stateDir, 'logs', `${name}.log`);
  return follow(file, (lines) => viewer.send('log', { name, lines }));
}

/** Paths that the template serves to a GET, with a number for each parameter. */
function pathsOf(model: AssemblyModel): string[] {
  const methods = model
    .resources('AWS::ApiGateway::Method')
    .filter(({ properties }) => ['GET', 'ANY'].includes(properties.HttpMethod));
  const paths = methods.map(({ properties }) => {
    const parts: string[] = [];
    let id = properties.ResourceId;
    for (let one = model.find('AWS::ApiGateway::Resource', id); one; one = model.find('AWS::ApiGateway::Resource', id)) {
      parts.unshift(one.properties.PathPart);
      id = one.properties.ParentId;
    }
    return `/${parts.map((part) => (part.startsWith('{') ? '[1-100]' : part)).join('/')}`;
  });
  return [...new Set(paths)].sort();
}

function about({ model, urls }: ConsoleOptions): About {
  const names = (type: string) => model.resources(type).map((resource) => model.ref(resource));
  const count = (type: string) => model.resources(type).length;
  const stages = model.resources('AWS::ApiGateway::Stage').map(({ properties }) => String(properties.StageName));
  const functions = count('AWS::Lambda::Function');
  const tiers = {
    edge: names('AWS::CloudFront::Distribution').join(', '),
    gateway: stages.length > 0 ? `stage ${stages.join(', ')}` : '',
    memory: functions > 0 ? `${functions} functions` : '',
    shared: names('AWS::ElastiCache::ReplicationGroup').join(', '),
    database: names('AWS::RDS::DBInstance').join(', '),
  };
  return {
    tiers: Object.fromEntries(Object.entries(tiers).filter(([, name]) => name !== '')),
    urls,
    logs: logsOf(model),
    paths: pathsOf(model),
  };
}
