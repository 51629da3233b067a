import * as http from 'node:http';
import type { Load } from './protocol';
import { ConsoleError } from './server';

const MOST_PER_SECOND = 200;
const MOST_SECONDS = 300;
const MOST_PATHS = 20;

/** Requests that may wait for an answer at a time; beyond it none is sent. */
const MOST_WAITING = 200;

const TICK_MS = 50;

/** A range of numbers in a path, of which one is taken at random, such as `[1-500]`. */
const RANGE = /\[(\d{1,9})-(\d{1,9})\]/g;

/** Requests that the console sends to the edge, so that there is something to see. */
export class LoadSender {
  readonly #base: string | undefined;
  readonly #agent = new http.Agent({ keepAlive: true, maxSockets: 64 });
  #timer?: NodeJS.Timeout;
  #waiting = 0;
  #sent = 0;
  #failed = 0;

  /** @param base - URL of the edge; undefined where the template has none */
  constructor(base: string | undefined) {
    this.#base = base;
  }

  get state(): Load {
    return { running: this.#timer !== undefined, sent: this.#sent, failed: this.#failed };
  }

  /** Sends GETs, in place of what was sent until now. @throws {ConsoleError} on what can't be sent */
  start(input: unknown): void {
    const { paths, perSecond, seconds } = checked(input);
    if (this.#base === undefined) throw new ConsoleError(409, 'the template has no edge to send requests to');
    this.stop();
    this.#sent = 0;
    this.#failed = 0;
    const begin = performance.now();
    this.#timer = setInterval(() => {
      const elapsed = (performance.now() - begin) / 1000;
      if (elapsed > seconds) this.stop();
      else while (this.#sent < elapsed * perSecond && this.#waiting < MOST_WAITING) this.#send(paths);
    }, TICK_MS);
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  dispose(): void {
    this.stop();
    this.#agent.destroy();
  }

  #send(paths: readonly string[]): void {
    const template = paths[Math.floor(Math.random() * paths.length)]!;
    const path = template.replace(RANGE, (_, first, last) => String(numberBetween(Number(first), Number(last))));
    this.#sent += 1;
    this.#waiting += 1;
    let isOver = false;
    const end = (failed: boolean) => {
      if (isOver) return;
      isOver = true;
      this.#waiting -= 1;
      if (failed) this.#failed += 1;
    };
    const request = http.get(`${this.#base}${path}`, { agent: this.#agent }, (response) => {
      response.resume();
      response.on('error', () => undefined);
      response.on('close', () => end(!response.complete || (response.statusCode ?? 500) >= 500));
    });
    request.on('error', () => end(true));
  }
}

const numberBetween = (first: number, last: number): number => first + Math.floor(Math.random() * Math.max(1, last - first + 1));

function checked(input: unknown): { readonly paths: readonly string[]; readonly perSecond: number; readonly seconds: number } {
  const { paths, perSecond, seconds } = (input ?? {}) as Record<string, unknown>;
  const isPath = (one: unknown) => typeof one === 'string' && /^\/[\x21-\x7e]*$/.test(one) && one.length <= 2000;
  if (!Array.isArray(paths) || paths.length === 0 || paths.length > MOST_PATHS || !paths.every(isPath))
    throw new ConsoleError(400, `'paths' must be 1 to ${MOST_PATHS} paths that begin with '/', of ASCII without blanks`);
  return {
    paths,
    perSecond: numberIn('perSecond', perSecond, MOST_PER_SECOND),
    seconds: numberIn('seconds', seconds, MOST_SECONDS),
  };
}

function numberIn(name: string, value: unknown, most: number): number {
  if (typeof value === 'number' && value > 0 && value <= most) return value;
  throw new ConsoleError(400, `'${name}' must be a number above 0 and at most ${most}, got: ${String(value).slice(0, 50)}`);
}
