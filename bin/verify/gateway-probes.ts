import { FlushStageCacheCommand } from '@aws-sdk/client-api-gateway';
import type { Probe } from './probe';
import { pause, type Step, type Target } from './target';

const yes = (condition: boolean): string => (condition ? 'yes' : 'no');

const flush = ({ clients, options }: Target) =>
  clients.gateway.send(new FlushStageCacheCommand({ restApiId: options.restApiId, stageName: options.stageName }));

/** True if the second answer is the first one, from the cache. */
async function isKept(target: Target, step: Step): Promise<boolean> {
  const key = target.gateway([step]);
  const [first, second] = [await key.get(), await key.get()];
  if (!first.served) throw new Error(`the origin's answer did not come through: ${first.status}`);
  return first.served === second.served;
}

/** True if a request with this header, signed or not, refreshes the cached answer. */
async function refreshes(target: Target, cacheControl: string, signed: boolean): Promise<boolean> {
  const key = target.gateway([{}]);
  const first = await key.get();
  return (await key.get({ signed, headers: { 'cache-control': cacheControl } })).served !== first.served;
}

/** Longest wait for the effect of an acknowledged flush, in milliseconds. */
const FLUSH_MS = 60_000;

/** Probes of API Gateway's stage cache. */
export const GATEWAY_PROBES: readonly Probe<Target>[] = [
  {
    id: 'gateway/flush-delay',
    question: 'How long does a flush of the stage cache take to be effective?',
    does: 'flushes, and asks until the answer is another one',
    assumed: 'it is done when it is acknowledged',
    changes: 'empties the stage cache of the probes',
    lane: 'stage cache',
    run: async (target) => {
      const key = target.gateway([{}]);
      const { served } = await key.get();
      await flush(target);
      const acknowledged = Date.now();
      while (Date.now() - acknowledged < FLUSH_MS) {
        const asked = Date.now();
        if ((await key.get()).served !== served) {
          return asked - acknowledged < 100 ? 'it is done when it is acknowledged' : `about ${asked - acknowledged} ms`;
        }
        await pause(200);
      }
      throw new Error(`nothing had changed ${FLUSH_MS} ms after the flush`);
    },
  },
  {
    id: 'gateway/refill-during-flush',
    question: 'Is a refill that was on its way during a flush stored?',
    does: 'asks for an answer that takes 5 s, flushes meanwhile, and asks again',
    assumed: 'yes',
    changes: 'empties the stage cache of the probes',
    lane: 'stage cache',
    run: async (target) => {
      const key = target.gateway([{ delayMs: 5000 }]);
      const first = key.get();
      await pause(2000);
      await flush(target);
      const { served } = await first;
      return yes((await key.get()).served === served);
    },
  },
  {
    id: 'gateway/keeps-errors',
    question: 'Are responses other than 200 kept by the stage cache?',
    does: 'has 404, 429 and 503 of a function twice, and names those that came from the cache',
    assumed: '404, 429, 503',
    lane: 'stage cache',
    run: async (target) => {
      const found: number[] = [];
      for (const status of [404, 429, 503]) if (await isKept(target, { status })) found.push(status);
      return found.join(', ') || 'none';
    },
  },
  {
    id: 'gateway/response-cache-control',
    question: 'Does `Cache-Control` of a response matter to the stage cache?',
    does: 'has an answer with no-store twice',
    assumed: 'no',
    lane: 'stage cache',
    run: async (target) => yes(!(await isKept(target, { headers: { 'cache-control': 'no-store' } }))),
  },
  {
    id: 'gateway/set-cookie',
    question: 'Does it store `Set-Cookie`?',
    does: 'has an answer with a cookie twice',
    assumed: 'yes',
    lane: 'stage cache',
    run: async (target) => {
      const key = target.gateway([{ headers: { 'set-cookie': 'a=b' } }]);
      const [first, second] = [await key.get(), await key.get()];
      return yes(first.served === second.served && second.headers['set-cookie'] !== undefined);
    },
  },
  {
    id: 'gateway/collapse',
    question: 'Are concurrent misses of one key collapsed?',
    does: 'sends four at once for an answer that takes 2 s',
    assumed: 'no',
    lane: 'stage cache',
    run: async (target) => {
      const answers = await target.gateway([{ delayMs: 2000 }]).many(4);
      return yes(new Set(answers.map(({ served }) => served)).size === 1);
    },
  },
  {
    id: 'gateway/request-id',
    question: 'Do hits carry the request id of the stored response?',
    does: 'has an answer twice, and compares x-amzn-requestid',
    assumed: 'no',
    lane: 'stage cache',
    run: async (target) => {
      const key = target.gateway([{}]);
      const [first, second] = [await key.get(), await key.get()];
      if (first.served !== second.served) throw new Error('the second answer is no hit');
      return yes(first.headers['x-amzn-requestid'] === second.headers['x-amzn-requestid']);
    },
  },
  {
    id: 'gateway/refresh-max-age-0',
    question: 'Does `max-age=0`, signed, refresh a method without authorisation?',
    does: 'sends one, signed, for an answer that is cached',
    assumed: 'yes',
    lane: 'stage cache',
    run: async (target) => yes(await refreshes(target, 'max-age=0', true)),
  },
  {
    id: 'gateway/refresh-no-cache',
    question: 'Does `no-cache` ask for a refresh too?',
    does: 'sends one, signed, for an answer that is cached',
    assumed: 'yes',
    lane: 'stage cache',
    run: async (target) => yes(await refreshes(target, 'no-cache', true)),
  },
  {
    id: 'gateway/refresh-refused',
    question: 'What does the `Warning` of a refused refresh say?',
    does: 'sends max-age=0 without a signature',
    assumed: '199 Cache-control headers were ignored because the caller was unauthorized.',
    lane: 'stage cache',
    run: async (target) => {
      const key = target.gateway([{}]);
      await key.get();
      const { status, headers } = await key.get({ headers: { 'cache-control': 'max-age=0' } });
      return String(headers.warning ?? `nothing, with status ${status}`);
    },
  },
  {
    id: 'gateway/throttled-function',
    question: "Is a function that can't be invoked for its throttle 500 or 429?",
    does: 'asks for a path whose function has a reserved concurrency of 0',
    assumed: '500',
    lane: 'stage cache',
    run: async (target) => String((await target.request(`${target.options.gatewayUrl}/throttled`, {})).status),
  },
  {
    id: 'gateway/malformed-response',
    question: 'Which proxy responses are malformed?',
    does: 'has a function return an unknown member, no status, and a body that is not text',
    assumed: 'unknown member, no status, body not text',
    lane: 'stage cache',
    run: async (target) => {
      const cases: Record<string, unknown> = {
        'unknown member': { statusCode: 200, body: 'x', colour: 'red' },
        'no status': { body: 'x' },
        'body not text': { statusCode: 200, body: { a: 1 } },
      };
      const malformed: string[] = [];
      for (const [name, raw] of Object.entries(cases)) {
        if ((await target.gateway([{ raw }], 'plain').get()).status === 502) malformed.push(name);
      }
      return malformed.join(', ') || 'none';
    },
  },
  {
    id: 'gateway/trailing-slash',
    question: 'Does a slash at the end of a path matter?',
    does: 'asks for a path with and without one',
    assumed: 'no',
    lane: 'stage cache',
    run: async (target) => {
      const statuses = [];
      for (const path of ['/throttled', '/throttled/']) {
        statuses.push((await target.request(`${target.options.gatewayUrl}${path}`, {})).status);
      }
      return yes(statuses[0] !== statuses[1]);
    },
  },
  {
    id: 'gateway/decoded-path',
    question: 'Is `path` of the event decoded?',
    does: 'asks for a path with an escape, and reads what the function got',
    assumed: 'path: no, pathParameters: yes',
    lane: 'stage cache',
    run: async (target) => {
      const { origin } = await target.gateway([{}], 'plain', 'a%20b').get();
      const decoded = (text: unknown) => yes(String(text).includes('a b'));
      return `path: ${decoded(origin?.path)}, pathParameters: ${decoded(origin?.proxy)}`;
    },
  },
];
