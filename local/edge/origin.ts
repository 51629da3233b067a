import * as http from 'node:http';
import type { Clock } from '../types';
import type { RawHeaders } from './headers';
import type { OriginOptions } from './options';
import type { OriginRequest } from './origin-request';

/** Response of an origin, whole. */
export interface OriginResponse {
  readonly status: number;
  readonly headers: RawHeaders;
  readonly body: Buffer;
  /** Milliseconds until the connection was there (0 for one that was reused), and from the request until the first byte. */
  readonly connectMs: number;
  readonly firstByteMs: number;
}

/** The origin couldn't be reached (502) or didn't answer in time (504). */
export class OriginError extends Error {
  constructor(
    readonly status: 502 | 504,
    message: string,
    /** True where the request can't have reached the origin. */
    readonly beforeSend: boolean,
    /** True where a connection that had been kept closed without a response, as one does that was idle for too long. */
    readonly staleConnection = false,
  ) {
    super(message);
    this.name = 'OriginError';
  }
}

/** Methods of requests that change nothing. */
const READS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS']);

/** Sends requests to origins over connections that it keeps. */
export class OriginClient {
  readonly #agent = new http.Agent({ keepAlive: true, maxFreeSockets: 256 });

  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /**
   * Sends a request, as often as the origin's settings allow: again after a failed connection, and for GET and HEAD also after a
   * connection that broke or fell silent.
   *
   * @param baseUrl of the local server, without a trailing slash.
   * @throws {OriginError} of the last attempt.
   */
  async send(origin: OriginOptions, baseUrl: string, request: OriginRequest): Promise<OriginResponse> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.#attempt(origin, baseUrl, request);
      } catch (error) {
        if (!(error instanceof OriginError)) throw error;
        if (error.staleConnection) {
          // Not an attempt of the settings: the origin had closed this connection before it was asked. Only reads use kept ones.
          attempt -= 1;
          continue;
        }
        const repeatable = error.beforeSend || request.method === 'GET' || request.method === 'HEAD';
        if (!repeatable || attempt >= origin.connectionAttempts) throw error;
      }
    }
  }

  /** Closes the kept connections. */
  close(): void {
    this.#agent.destroy();
  }

  #attempt(origin: OriginOptions, baseUrl: string, request: OriginRequest): Promise<OriginResponse> {
    return new Promise((resolve, reject) => {
      const started = this.#clock.now();
      let connectedAt = started;
      let connected = false;
      let responded = false;
      let failure: OriginError | undefined;
      const url = new URL(baseUrl);
      const prefix = url.pathname === '/' ? '' : url.pathname.replace(/\/$/, '');
      // A kept connection may close as a request goes out, and only a read can be sent again: writes get a connection of their
      // own.
      const isRead = READS.has(request.method);
      const sent = http.request({
        agent: isRead && this.#agent,
        host: url.hostname,
        port: url.port,
        method: request.method,
        path: `${prefix}${request.path}`,
        headers: request.headers,
        setHost: false,
      });

      const timers = new Timers(this.#clock, (message) => {
        failure = new OriginError(504, message, !connected);
        sent.destroy(failure);
      });
      const fail = (error: NodeJS.ErrnoException) => {
        timers.clear();
        const stale = sent.reusedSocket && !responded;
        reject(failure ?? new OriginError(502, `origin '${origin.id}': ${error.code ?? error.message}`, !connected, stale));
      };
      const read = () =>
        timers.set('read', origin.readTimeoutSeconds, `origin '${origin.id}' sent nothing for ${origin.readTimeoutSeconds} s`);
      const onConnect = () => {
        connected = true;
        connectedAt = this.#clock.now();
        timers.cancel('connect');
        read();
      };

      sent.on('socket', (socket) => {
        if (!socket.connecting) {
          onConnect();
          return;
        }
        const limit = origin.connectionTimeoutSeconds;
        timers.set('connect', limit, `origin '${origin.id}' took no connection for ${limit} s`);
        socket.once('connect', onConnect);
      });
      sent.on('error', fail);
      // Nothing else may be heard of a request whose connection closes; once it is settled, this does nothing.
      sent.on('close', () => {
        if (!responded) fail(new Error('the connection closed before the response'));
      });
      sent.on('upgrade', (_response, socket) => {
        socket.destroy();
        fail(new Error('it switched protocols without being asked to'));
      });
      sent.on('response', (response) => {
        responded = true;
        const firstByteMs = this.#clock.now() - connectedAt;
        const chunks: Buffer[] = [];
        read();
        response.on('data', (chunk: Buffer) => {
          chunks.push(chunk);
          read();
        });
        response.on('error', fail);
        response.on('close', () => fail(new Error('the response ended early')));
        response.on('end', () => {
          timers.clear();
          if (!response.complete) {
            fail(new Error('the response ended early'));
            return;
          }
          resolve({
            status: response.statusCode as number,
            headers: response.rawHeaders,
            body: Buffer.concat(chunks),
            connectMs: connectedAt - started,
            firstByteMs,
          });
        });
      });
      const whole = origin.completionTimeoutSeconds;
      if (whole !== undefined) timers.set('whole', whole, `origin '${origin.id}' wasn't done within ${whole} s`);
      sent.end(request.body);
    });
  }
}

/** The limits that run on one request. */
class Timers {
  readonly #running = new Map<string, () => void>();

  readonly #clock: Clock;
  readonly #expired: (message: string) => void;

  constructor(clock: Clock, expired: (message: string) => void) {
    this.#clock = clock;
    this.#expired = expired;
  }

  set(name: string, seconds: number, message: string): void {
    this.cancel(name);
    this.#running.set(
      name,
      this.#clock.schedule(seconds * 1000, () => this.#expired(message)),
    );
  }

  cancel(name: string): void {
    this.#running.get(name)?.();
    this.#running.delete(name);
  }

  clear(): void {
    for (const cancel of this.#running.values()) cancel();
    this.#running.clear();
  }
}
