import type { EdgeAnswer, EdgeInvalidation, GatewayAnswer, Invocation, Observation, StageFlush } from '../observations';
import { functionTiers } from './cache-status';
import type { Answerer, RequestRow, Step, Tier } from './protocol';

/** Observations of each kind that are looked back at. */
const KEPT = 2000;

/** Rows that are kept. */
const KEPT_ROWS = 500;

/** Way through the gateway, with the times since its begin. */
interface Inner extends Pick<RequestRow, 'answeredBy' | 'steps'> {
  readonly answer: GatewayAnswer;
}

/** A map that forgets what was put first. */
class Recent<V> {
  readonly #map = new Map<string, V>();

  get(key: string | undefined): V | undefined {
    return key === undefined ? undefined : this.#map.get(key);
  }

  set(key: string, value: V): void {
    this.#map.delete(key);
    this.#map.set(key, value);
    if (this.#map.size > KEPT) this.#map.delete(this.#map.keys().next().value as string);
  }
}

/** Rows of requests, made of observations in the order in which these came. */
export class Requests {
  readonly #gateway = new Recent<Inner>();
  readonly #invocations = new Recent<Invocation>();
  /** The last answer of each key, by distribution and key, and by stage and key. */
  readonly #atEdge = new Recent<EdgeAnswer>();
  readonly #filled = new Recent<GatewayAnswer>();
  readonly #invalidations: EdgeInvalidation[] = [];
  readonly #flushes: StageFlush[] = [];
  readonly #rows: RequestRow[] = [];
  #seq = 0;

  /** The last rows, the oldest first. */
  get rows(): readonly RequestRow[] {
    return this.#rows;
  }

  /** Effects of invalidations, the oldest first. */
  get invalidations(): readonly EdgeInvalidation[] {
    return this.#invalidations;
  }

  /** Takes an observation. @returns the row that it completes, if it does. */
  add(observation: Observation): RequestRow | undefined {
    switch (observation.kind) {
      case 'invocation':
        this.#invocations.set(observation.requestId, observation);
        return undefined;
      case 'invalidation':
        keep(this.#invalidations, observation);
        return undefined;
      case 'flush':
        keep(this.#flushes, observation);
        return undefined;
      case 'gateway':
        return this.#addGateway(observation);
      case 'edge':
        return this.#addEdge(observation);
    }
  }

  #addGateway(answer: GatewayAnswer): RequestRow | undefined {
    const way = this.#gatewaySteps(answer);
    this.#gateway.set(answer.requestId, { answer, ...way });
    if (answer.key !== undefined && answer.cache !== 'hit') this.#filled.set(stageKey(answer), answer);
    if (answer.fromEdge) return undefined;
    return this.#push({
      ...common(answer),
      asked: 'gateway',
      ...way,
      tags: [],
      ...content(answer.headers, answer.madeAt, answer.traceId),
    });
  }

  #addEdge(answer: EdgeAnswer): RequestRow {
    const { object } = answer;
    const first = this.#edgeStep(answer);
    if (object && object.key !== '') this.#atEdge.set(edgeKey(answer, object.key), answer);
    const headers = pairs(object?.headers ?? []);
    const asked = this.#gateway.get(headerOf(headers, 'x-amzn-requestid'));
    const inner = !answer.fromOrigin ? undefined : asked ? later(asked, asked.answer.at - answer.at) : originSteps(headers);
    const confirmed = first.outcome === 'refreshed';
    const answeredBy: Answerer = !object ? 'refused' : inner && !confirmed ? inner.answeredBy : 'edge';
    return this.#push({
      ...common(answer),
      asked: 'edge',
      answeredBy,
      steps: [first, ...(inner?.steps ?? [])],
      tags: object?.tags ?? [],
      ...content(headers, asked?.answer.madeAt ?? object?.storedAt, asked?.answer.traceId),
    });
  }

  #push(row: Omit<RequestRow, 'seq'>): RequestRow {
    const numbered = { ...row, seq: ++this.#seq };
    this.#rows.push(numbered);
    if (this.#rows.length > KEPT_ROWS) this.#rows.shift();
    return numbered;
  }

  #edgeStep(answer: EdgeAnswer): Step {
    const { object, fromOrigin, result, ms, at } = answer;
    const step = { at: 'edge', ms, afterMs: 0, id: answer.requestId, name: answer.distributionId } as const;
    if (!object) return { ...step, outcome: 'refused', why: refusal(answer) };
    const key = object.key === '' ? undefined : object.key;
    if (fromOrigin && result === 'RefreshHit')
      return { ...step, key, outcome: 'refreshed', why: 'expired; the origin confirmed it' };
    if (fromOrigin) return { ...step, key, ...this.#edgeMiss(answer, object) };
    const age = `stored ${seconds(at - object.storedAt)} before`;
    if (result === 'RefreshHit') return { ...step, key, outcome: 'stale', why: `${age}; the origin failed` };
    if (object.storedAt >= at) return { ...step, key, outcome: 'hit', why: "shared another request's fetch" };
    if (object.freshUntil <= at) return { ...step, key, outcome: 'stale', why: `${age}; served while it is fetched anew` };
    return { ...step, key, outcome: 'hit', why: `${age}; fresh for ${seconds(object.freshUntil - at)}` };
  }

  #edgeMiss(answer: EdgeAnswer, object: NonNullable<EdgeAnswer['object']>): Pick<Step, 'outcome' | 'why'> {
    if (object.key === '') return { outcome: 'uncached', why: `the edge keeps no answer to this ${answer.method}` };
    const before = this.#atEdge.get(edgeKey(answer, object.key))?.object;
    const kept = object.freshUntil > object.storedAt ? '' : '; this answer may not be kept';
    if (!before) return { outcome: 'miss', why: `not asked for before${kept}` };
    const purge = [...this.#invalidations]
      .reverse()
      .find(
        (each) =>
          each.distributionId === answer.distributionId && each.at >= before.storedAt && names(each, before.tags, answer.path),
      );
    if (purge) return { outcome: 'miss', why: `dropped by invalidation ${purge.invalidationId}${kept}` };
    if (before.freshUntil <= answer.at) return { outcome: 'miss', why: `expired${kept}` };
    return { outcome: 'miss', why: `no longer kept${kept}` };
  }

  #gatewaySteps(answer: GatewayAnswer): Pick<RequestRow, 'answeredBy' | 'steps'> {
    const { cache, key, ms, at, functionArn, invocationId } = answer;
    const step = { at: 'gateway', ms, afterMs: 0, id: answer.requestId, name: answer.stage, key } as const;
    if (cache === 'hit') {
      const age = answer.madeAt === undefined ? undefined : `made ${seconds(at - answer.madeAt)} before`;
      return { answeredBy: 'gateway', steps: [{ ...step, outcome: 'hit', why: age }] };
    }
    if (functionArn === undefined)
      return { answeredBy: 'refused', steps: [{ ...step, outcome: 'refused', why: `it answered ${answer.status} by itself` }] };
    const own: Step = { ...step, ...this.#gatewayMiss(answer) };
    const run = this.#invocations.get(invocationId);
    const ran: Step = {
      at: 'function',
      outcome: run?.failed || invocationId === undefined ? 'failed' : 'ran',
      name: functionArn.split(':')[6] ?? functionArn,
      ...(run && { ms: run.ms, afterMs: run.at - at, id: run.requestId, pid: run.pid }),
      ...(run?.cold && { why: 'a new environment was started for it' }),
    };
    const inside = originSteps(answer.headers);
    return { answeredBy: inside.answeredBy, steps: [own, ran, ...inside.steps] };
  }

  #gatewayMiss(answer: GatewayAnswer): Pick<Step, 'outcome' | 'why'> {
    if (answer.cache === 'off') return { outcome: 'uncached', why: 'the stage keeps no answer of this method' };
    if (answer.cache === 'refresh') return { outcome: 'miss', why: 'the caller asked for a fresh answer' };
    const before = this.#filled.get(stageKey(answer));
    if (!before) return { outcome: 'miss', why: 'not asked for before' };
    const flushed = this.#flushes.some(
      (flush) => flush.restApiId === answer.restApiId && flush.stage === answer.stage && flush.at >= before.at,
    );
    return { outcome: 'miss', why: flushed ? 'the stage cache was flushed' : 'expired' };
  }
}

/** The way as part of one that began earlier. */
function later({ answeredBy, steps }: Inner, ms: number): Pick<RequestRow, 'answeredBy' | 'steps'> {
  return {
    answeredBy,
    steps: steps.map((step) => (step.afterMs === undefined ? step : { ...step, afterMs: step.afterMs + ms })),
  };
}

/** Steps behind the gateway, as far as the answer tells. */
function originSteps(headers: RequestRow['headers']): Pick<RequestRow, 'answeredBy' | 'steps'> {
  const inside = functionTiers(headerOf(headers, 'cache-status'));
  return inside ? { answeredBy: inside.tier, steps: inside.steps } : { answeredBy: 'origin', steps: [] };
}

function common({ requestId, at, ms, method, path, query, status }: EdgeAnswer | GatewayAnswer) {
  return { id: requestId, at, ms, method, url: query === '' ? path : `${path}?${query}`, status };
}

function content(headers: RequestRow['headers'], madeAt: number | undefined, traceId: string | undefined) {
  const cacheStatus = headerOf(headers, 'cache-status');
  const madeBy: Tier | undefined = functionTiers(cacheStatus)?.tier;
  return {
    headers,
    ...(cacheStatus !== undefined && { cacheStatus }),
    ...(madeAt !== undefined && { madeAt }),
    ...(traceId !== undefined && { traceId }),
    ...(madeBy !== undefined && { madeBy }),
  };
}

function refusal({ result, status }: EdgeAnswer): string {
  return result === 'FunctionGeneratedResponse' ? 'a function of the edge answered' : `it answered ${status} by itself`;
}

/** True where an invalidation names one of the tags, or the path. */
export function names({ items }: Pick<EdgeInvalidation, 'items'>, tags: readonly string[], path: string): boolean {
  return items.some((item) => {
    if (item.startsWith('#')) return tags.includes(item.slice(1).toLowerCase());
    return item.endsWith('*') ? path.startsWith(item.slice(0, -1)) : path === item;
  });
}

const edgeKey = ({ distributionId }: EdgeAnswer, key: string): string => `${distributionId} ${key}`;
const stageKey = ({ restApiId, stage, key }: GatewayAnswer): string => `${restApiId} ${stage} ${key}`;

function pairs(flat: readonly string[]): [string, string][] {
  return Array.from({ length: flat.length / 2 }, (_, index) => [flat[2 * index]!, flat[2 * index + 1]!]);
}

function headerOf(headers: RequestRow['headers'], name: string): string | undefined {
  return headers.find(([other]) => other.toLowerCase() === name)?.[1];
}

function keep<T>(list: T[], item: T): void {
  list.push(item);
  if (list.length > KEPT) list.shift();
}

/** A duration for a person. */
function seconds(milliseconds: number): string {
  return milliseconds < 9950 ? `${(milliseconds / 1000).toFixed(1)} s` : `${Math.round(milliseconds / 1000)} s`;
}
