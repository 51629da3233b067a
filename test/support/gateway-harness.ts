import * as http from 'node:http';
import { createGateway, type Gateway, type Method, type RestApi } from '../../local/gateway';
import type { Access } from '../../local/gateway/access';
import { accessKeyId } from '../../local/identity';
import type { Caller, InvokeResult } from '../../local/types';
import { ManualClock } from './manual-clock';
import { productContext } from './product-context';
import { restApi, stage } from './rest-api';
import { signedHeaders, type UnsignedRequest } from './signed-request';

export const ARN = 'arn:aws:lambda:eu-west-1:000000000000:function:things';
export const CACHED = stage({
  methodSettings: [
    {
      resourcePath: '/*',
      httpMethod: '*',
      cachingEnabled: true,
      cacheTtlSeconds: 60,
      throttlingRateLimit: undefined,
      throttlingBurstLimit: undefined,
    },
  ],
});

/** Who signs: may do everything, may only invoke, may do nothing, isn't in the template. */
type SignerName = 'purger' | 'reader' | 'nobody' | 'stranger';

const arnOf = (name: SignerName) => `arn:aws:lambda:eu-west-1:000000000000:function:${name}`;
const CALLERS: [string, Caller][] = ['purger', 'reader', 'nobody'].map((name) => [
  accessKeyId(arnOf(name as SignerName)),
  { roleArn: name },
]);

export const ok = (body: string, headers: Record<string, string> = {}, statusCode = 200): InvokeResult => ({
  payload: JSON.stringify({ statusCode, headers, body }),
});

interface Answered {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly text: string;
}

/** A gateway before one function, whose answers each test can set. Clock and context are the file's; the rest is each test's. */
export function gatewayHarness() {
  const clock = new ManualClock();
  const context = productContext({ clock });
  let asked: { action: string; resource: string }[] = [];
  const access: Access = {
    callers: new Map(CALLERS),
    policies: {
      authorize({ caller, action, resource }) {
        asked.push({ action, resource });
        const allowed =
          [undefined, 'purger'].includes(caller.roleArn) || (caller.roleArn === 'reader' && action === 'execute-api:Invoke');
        return { allowed, reason: `User: ${caller.roleArn} is not authorized to perform: ${action}` };
      },
      authorizeAnybody: () => ({ allowed: false }),
      authorizeResource: ({ sourceArn }) => ({ allowed: !sourceArn.endsWith('/closed') }),
    },
  };
  let events: { path: string; body: string | null; headers: Record<string, string> }[] = [];
  let answer: (event: { path: string }) => Promise<InvokeResult> | InvokeResult;
  let gateway: Gateway;
  let client: http.Agent;

  beforeEach(() => {
    events = [];
    asked = [];
    let count = 0;
    answer = ({ path }) => {
      count += 1;
      return ok(`${path} ${count}`);
    };
    context.registry.functions.set(ARN, {
      arn: ARN,
      async invoke(event) {
        events.push(event as (typeof events)[number]);
        return answer(event as { path: string });
      },
    });
    client = new http.Agent({ keepAlive: true });
  });

  afterEach(async () => {
    client.destroy();
    await gateway.dispose();
    await gateway.dispose();
  });

  afterAll(() => context.cleanUp());

  async function serve(methods: Method[], rest: Partial<RestApi> = {}, options = {}): Promise<void> {
    gateway = createGateway({ apis: [restApi(methods, { stages: [CACHED], ...rest })], ...options }, context, access);
    await gateway.start();
  }

  function send(path: string, options: http.RequestOptions = {}, body?: string | Buffer): Promise<Answered> {
    return new Promise((resolve, reject) => {
      const request = http.request(`${gateway.url()}${path}`, { agent: client, ...options }, (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk) => chunks.push(chunk));
        response.on('end', () =>
          resolve({ status: response.statusCode ?? 0, headers: response.headers, text: Buffer.concat(chunks).toString() }),
        );
      });
      request.on('error', reject);
      request.end(body);
    });
  }

  /** Headers that sign a request as of now; any part of what is signed may be another than what is then sent. */
  async function signed(name: SignerName, path: string, request: Partial<UnsignedRequest> = {}): Promise<Record<string, string>> {
    const { keys, environment } = context;
    const { host: _, ...headers } = await signedHeaders(`${gateway.url()}${path}`, {
      method: 'GET',
      service: 'execute-api',
      credentials: keys.of(arnOf(name)),
      region: environment.region,
      date: new Date(clock.now()),
      ...request,
    });
    return headers;
  }

  return {
    clock,
    context,
    signed,
    /** Permissions that the gateway asked for. */
    get asked() {
      return asked;
    },
    /** Events that the function was given. */
    get events() {
      return events;
    },
    /** The function's answer. */
    set answer(next: typeof answer) {
      answer = next;
    },
    get gateway() {
      return gateway;
    },
    serve,
    send,
  };
}
