import * as path from 'node:path';
import type { AssemblyModel } from '../assembly';
import type { Products } from '../products';
import type { ProductContext } from '../types';
import { EnginesWatch } from './engines-watch';
import { LedgerReader } from './ledger';
import type { About, RequestRow } from './protocol';
import { PurgeWaves } from './purge-waves';
import type { Recorder } from './recorder';
import { ConsoleServer, type Viewer } from './server';
import { Traffic } from './traffic';
import { Watch } from './watch';

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
  const purges = new PurgeWaves(new LedgerReader(products.engines), traffic);
  const collect = (take: (rows: readonly RequestRow[]) => void) => purges.add(traffic.collect(take));
  const watch = new Watch(log, [
    { everyMs: 250, run: (send) => collect((rows) => send('rows', rows)) },
    { everyMs: 500, run: (send) => purges.look(send), rest: () => purges.rest() },
    { everyMs: 1000, run: (send) => send('figures', traffic.figures(Date.now())) },
    { everyMs: 2000, run: async (send) => send('engines', await engines.states()) },
  ]);
  const server = new ConsoleServer({
    pageFolder,
    log,
    calls: {},
    onViewer: (viewer: Viewer) => {
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
      await server.close();
      await watch.dispose();
    },
  };
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
    functions: names('AWS::Lambda::Function').sort(),
  };
}
