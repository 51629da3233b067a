import * as http from 'node:http';
import { seeded } from '../../consistency/random';
import { serve, tell } from '../../support/serve';
import type { LoadOptions, LoadResult, Traffic, TrafficMaker, TrafficRequest } from '../traffic';
import { openLoop } from './open-loop';
import { Tally } from './tally';

/** Longest wait for an answer, in milliseconds. */
const TIMEOUT_MS = 30_000;
/** Interval of progress, in milliseconds. */
const PROGRESS_MS = 5000;

/** Options of the generator, with everything said. */
export type GeneratorOptions = LoadOptions & { readonly seed: number };

async function run(options: GeneratorOptions): Promise<LoadResult> {
  const { [options.exportName]: make } = (await import(options.module)) as Record<string, TrafficMaker<unknown>>;
  if (!make) throw new Error(`'${options.module}' has no export '${options.exportName}'`);
  const traffic = make(options.args, seeded(options.seed));
  const agent = new http.Agent({ keepAlive: true, maxSockets: options.concurrency ?? Number.POSITIVE_INFINITY });
  const all = new Tally();
  const kinds = new Map<string, Tally>();
  const send = async (request: TrafficRequest, from: number) => {
    const answer = await answerTo(request, agent);
    const ms = performance.now() - from;
    const firstByteMs = answer.firstByteAt - from;
    const failed = answer.status === 0 || (answer.status >= 400 && !request.expected?.includes(answer.status));
    const kind = kinds.get(request.kind) ?? new Tally();
    kinds.set(request.kind, kind);
    for (const tally of [all, kind]) tally.add({ ...answer, failed, ms, firstByteMs });
  };
  const began = performance.now();
  const progress = setInterval(() => tell({ answered: all.count, failed: all.failed }), PROGRESS_MS);
  try {
    await (options.perSecond === undefined
      ? closedLoop(options, traffic, send)
      : openLoop({ perSecond: options.perSecond, random: seeded(options.seed + 1), goesOn: limitOf(options) }, (index, at) =>
          send(traffic.request(index), at),
        ));
  } finally {
    clearInterval(progress);
    agent.destroy();
  }
  return {
    ...all.figures(),
    milliseconds: performance.now() - began,
    kinds: Object.fromEntries([...kinds].map(([name, tally]) => [name, tally.figures()])),
    figures: traffic.figures?.(),
  };
}

type Send = (request: TrafficRequest, from: number) => Promise<void>;

/** Whether there is another request, by the options' count and time. */
function limitOf({ count = Number.POSITIVE_INFINITY, seconds = Number.POSITIVE_INFINITY }: GeneratorOptions) {
  if (count === Number.POSITIVE_INFINITY && seconds === Number.POSITIVE_INFINITY) {
    throw new Error("a load must have 'count' or 'seconds'");
  }
  const end = performance.now() + seconds * 1000;
  return (index: number, at: number) => index < count && at < end;
}

async function closedLoop(options: GeneratorOptions, traffic: Traffic, send: Send): Promise<void> {
  const goesOn = limitOf(options);
  let next = 0;
  const worker = async () => {
    while (goesOn(next, performance.now())) await send(traffic.request(next++), performance.now());
  };
  await Promise.all(Array.from({ length: options.concurrency ?? 1 }, worker));
}

interface Answer {
  /** 0 where there is none. */
  readonly status: number;
  readonly edge?: string;
  readonly bytes: number;
  readonly firstByteAt: number;
}

function answerTo(request: TrafficRequest, agent: http.Agent): Promise<Answer> {
  const { url, method = 'GET', body, answered } = request;
  const [type, text] =
    typeof body === 'string' ? ['application/x-www-form-urlencoded', body] : ['application/json', JSON.stringify(body)];
  const headers = { ...request.headers, ...(text !== undefined && { 'content-type': type }) };
  return new Promise((resolve) => {
    let bytes = 0;
    const fail = () => resolve({ status: 0, bytes, firstByteAt: performance.now() });
    const outgoing = http.request(url, { method, agent, headers, timeout: TIMEOUT_MS }, (response) => {
      const firstByteAt = performance.now();
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => {
        bytes += chunk.length;
        if (answered) chunks.push(chunk);
      });
      response.once('error', fail);
      response.once('end', () => {
        const status = response.statusCode ?? 0;
        answered?.({ status, headers: response.headers, body: Buffer.concat(chunks).toString() });
        resolve({ status, edge: /^\w+/.exec(String(response.headers['x-cache'] ?? ''))?.[0], bytes, firstByteAt });
      });
    });
    outgoing.once('timeout', () => outgoing.destroy(new Error('no answer in time')));
    outgoing.once('error', fail);
    outgoing.end(text);
  });
}

serve({ run });
