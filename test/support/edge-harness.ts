import * as http from 'node:http';
import { createEdge, type Edge } from '../../local/edge';
import type { BehaviorOptions, DistributionOptions } from '../../local/edge/options';
import { behavior, distribution, ORIGIN_HOST } from './edge';
import { ManualClock } from './manual-clock';
import { OriginServer } from './origin-server';
import { productContext } from './product-context';

interface Got {
  status: number;
  headers: http.IncomingHttpHeaders;
  body: Buffer;
  text: string;
}

/** An edge before a real origin, with a clock that is set by hand: all made anew for each test of the file or the `describe`. */
export function edgeHarness() {
  let upstream: OriginServer;
  let upstreamUrl: string;
  let clock: ManualClock;
  let context: ReturnType<typeof productContext>;
  let edge: Edge;
  let agent: http.Agent;

  beforeEach(async () => {
    upstream = new OriginServer();
    upstreamUrl = await upstream.start();
    clock = new ManualClock();
    context = productContext({ clock });
    context.registry.origins.set(ORIGIN_HOST, upstreamUrl);
    agent = new http.Agent({ keepAlive: true });
  });

  afterEach(async () => {
    await edge?.dispose();
    await upstream.stop();
    agent.destroy();
    context.cleanUp();
    expect(clock.pending).toBe(0);
  });

  /** The edge of the test, not started yet. */
  function create(distributions: readonly DistributionOptions[], port = 0): Edge {
    edge = createEdge({ distributions }, context, { port });
    return edge;
  }

  const start = async (parts: Partial<DistributionOptions> = {}): Promise<void> => create([distribution(parts)]).start();
  const startWith = (parts: Partial<BehaviorOptions>) => start({ behaviors: [behavior(parts)] });

  function request(path: string, options: http.RequestOptions & { body?: string } = {}): Promise<Got> {
    return new Promise((resolve, reject) => {
      const sent = http.request(`${edge.url}${path}`, { agent, ...options }, (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('end', () => {
          const body = Buffer.concat(chunks);
          resolve({ status: response.statusCode as number, headers: response.headers, body, text: body.toString() });
        });
        response.on('error', reject);
      });
      sent.on('error', reject);
      sent.end(options.body);
    });
  }

  const xCache = async (path: string, options?: http.RequestOptions) => (await request(path, options)).headers['x-cache'];

  /** Has the origin answer v1, v2 and so on, fresh for 60 s. */
  const versions = (headers: Record<string, string> = {}) => {
    let version = 0;
    upstream.answer = () => {
      version += 1;
      return { headers: { 'Cache-Control': 's-maxage=60', ...headers }, body: `v${version}` };
    };
  };

  // biome-ignore lint/suspicious/noExplicitAny: answers in the SDK's shape
  const api = (name: string, input: object): any =>
    edge.operations.cloudfront?.[name]?.handle({ DistributionId: 'E0123456789ABC', ...input }, {});
  const invalidate = (reference: string, ...Items: string[]) =>
    api('CreateInvalidation', { InvalidationBatch: { CallerReference: reference, Paths: { Quantity: Items.length, Items } } })
      .Invalidation;

  return {
    get upstream() {
      return upstream;
    },
    get upstreamUrl() {
      return upstreamUrl;
    },
    get clock() {
      return clock;
    },
    get context() {
      return context;
    },
    get edge() {
      return edge;
    },
    create,
    start,
    startWith,
    request,
    xCache,
    versions,
    api,
    invalidate,
  };
}
