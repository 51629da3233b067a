import * as fs from 'node:fs';
import * as http from 'node:http';
import * as path from 'node:path';
import type { Route } from '../../lib/route';
import type { Credentials } from '../../local/types';
import type { Caller } from '../deploy/callers';
import type { TestPlatform } from './platform';
import { signedHeaders } from './signed-request';

/** Methods that are tried: those of REST APIs, one that HTTP knows besides, and one that nobody knows. */
const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'PURGE', 'FROBNICATE'] as const;

/** Signatures that are tried; the last is of somebody who may do everything. */
const SIGNATURES = ['none', 'wrong secret', 'altered path', 'expired', 'right without permission', 'right'] as const;

/** Ways to the API: each server on this machine, with each host that it answers to, and a method that isn't the request's own. */
const WAYS = ['edge', 'execute-api', "execute-api's host", 'execute-api, overriding the method'] as const;

type Way = (typeof WAYS)[number];
type SignatureKind = (typeof SIGNATURES)[number];

/** Values of query strings that are times. */
const TIMES: Readonly<Record<string, string>> = { from: '2026-01-01T00:00:00Z', to: '2026-01-01T00:00:01Z' };

/** One request of the matrix. */
export interface Attempt {
  readonly method: string;
  /** As declared. */
  readonly path: string;
  readonly way: Way;
  readonly signature: SignatureKind;
}

/** What became of an attempt. */
export interface Reached extends Attempt {
  readonly status: number;
  /** Logical ids of the functions that ran, by the platform's own record. */
  readonly functions: readonly string[];
}

/** Who signs. */
export interface Signers {
  /** Somebody who may call everything. */
  readonly allowed: Credentials;
  /** Somebody who is known and may call nothing of the API. */
  readonly denied: Credentials;
}

/** Every combination of the paths with each method, way and signature. */
export function attempts(paths: readonly string[]): Attempt[] {
  return paths.flatMap((path) =>
    METHODS.flatMap((method) => WAYS.flatMap((way) => SIGNATURES.map((signature) => ({ method, path, way, signature })))),
  );
}

/**
 * Function that a table of callers lets an attempt reach; undefined where it lets it reach none. Of what may be cached the edge
 * forwards the key alone, and no header such as `X-Amz-Date`: whoever signs such a request goes past it.
 */
export function allowedFunction(
  table: readonly Caller[],
  routes: readonly Route[],
  { method, path, way, signature }: Attempt,
): string | undefined {
  const row = table.find((caller) => caller.path === path && caller.method === method);
  const arrives = way !== 'edge' || routes.find((route) => route.path === path)?.freshness === undefined;
  return row?.who === 'anybody' || (row?.who === 'IAM' && signature === 'right' && arrives) ? row.function : undefined;
}

/** Sends attempts one after the other, and asks the platform after each which functions of the API ran. */
export class CallerMatrix {
  readonly #platform: TestPlatform;
  readonly #routes: readonly Route[];
  readonly #functions: readonly string[];
  readonly #signers: Signers;
  /** Makes each request another one, so that no cache answers for a function. */
  #count = 0;

  /** @param functions - logical ids of the API's functions; others run by themselves meanwhile. */
  constructor(platform: TestPlatform, routes: readonly Route[], functions: readonly string[], signers: Signers) {
    this.#platform = platform;
    this.#routes = routes;
    this.#functions = functions;
    this.#signers = signers;
  }

  async send(attempt: Attempt): Promise<Reached> {
    const before = this.#invocations();
    const status = await this.#request(attempt);
    const after = this.#invocations();
    const functions = [...after].filter(([id, count]) => count !== (before.get(id) ?? 0)).map(([id]) => id);
    return { ...attempt, status, functions };
  }

  /** Finished invocations by the function's logical id, from the line that the platform writes for each before it is answered. */
  #invocations(): Map<string, number> {
    const { model, stateDir } = this.#platform;
    const functions = model.resources('AWS::Lambda::Function').filter(({ logicalId }) => this.#functions.includes(logicalId));
    return new Map(
      functions.map((fn) => {
        const file = path.join(stateDir, 'logs', `${model.ref(fn)}.log`);
        const text = fs.existsSync(file) ? fs.readFileSync(file, 'utf8') : '';
        return [fn.logicalId, text.split('\nREPORT RequestId').length - 1 + Number(text.startsWith('REPORT RequestId'))];
      }),
    );
  }

  async #request(attempt: Attempt): Promise<number> {
    const { urls, registryHost } = this.#addresses();
    const target = this.#target(attempt.path);
    const { method, way } = attempt;
    const overrides = way === 'execute-api, overriding the method';
    const base = way === 'edge' ? urls.edge : way === "execute-api's host" ? urls.stage : urls.gateway;
    const url = `${base}${target}`;
    // A signature is for the API, by the name under which the gateway is asked.
    const byName = way === 'edge' || way === "execute-api's host";
    const signedUrl = byName ? `http://${registryHost}${urls.stagePath}${target}` : url;
    const sentMethod = overrides ? 'POST' : method;
    const signed = await this.#signed(attempt, sentMethod, signedUrl);
    const headers = {
      ...signed,
      ...(overrides && { 'X-HTTP-Method-Override': method }),
      ...(way === "execute-api's host" && { Host: registryHost }),
    };
    return sent(url, sentMethod, headers);
  }

  async #signed({ signature }: Attempt, method: string, url: string): Promise<Record<string, string>> {
    if (signature === 'none') return {};
    const { allowed, denied } = this.#signers;
    const credentials = signature === 'right without permission' ? denied : allowed;
    const { host: _, ...headers } = await signedHeaders(
      signature === 'altered path' ? url.replace(/(?=\?|$)/, '/altered') : url,
      {
        method,
        service: 'execute-api',
        region: this.#platform.model.environment.region,
        credentials: signature === 'wrong secret' ? { ...credentials, secretAccessKey: 'wrong' } : credentials,
        ...(signature === 'expired' && { date: new Date(Date.now() - 6 * 60_000) }),
      },
    );
    return headers;
  }

  #addresses() {
    const { edge = '', gateway = '' } = this.#platform.urls;
    const { origin, pathname } = new URL(gateway);
    const [, apiId, stage] = pathname.split('/');
    return {
      registryHost: `${apiId}.execute-api.${this.#platform.model.environment.region}.amazonaws.com`,
      urls: { edge, gateway, stage: `${origin}/${stage}`, stagePath: `/${stage}` },
    };
  }

  /** A path with values that nothing has, and with the query strings that its route requires: the edge forwards no others. */
  #target(path: string): string {
    this.#count += 1;
    const value = `none-${this.#count}`;
    const { query = {} } = this.#routes.find((route) => route.path === path) ?? {};
    const required = Object.keys(query).filter((name) => query[name]?.required);
    const values = required.map((name) => `${name}=${TIMES[name] ?? value}`);
    return `${path.replace(/\{[^}]+\}/g, value)}${values.length > 0 ? `?${values.join('&')}` : ''}`;
  }
}

/** Sends the URL as it is, with its dot segments. @returns the status. */
function sent(url: string, method: string, headers: Record<string, string>): Promise<number> {
  const [, hostname, port, path] = /^http:\/\/([^:]+):(\d+)(.*)$/.exec(url) ?? [];
  return new Promise((resolve, reject) => {
    const request = http.request({ hostname, port, method, headers, path }, (response) => {
      response.resume();
      response.once('end', () => resolve(response.statusCode ?? 0));
      response.once('error', reject);
    });
    request.once('error', reject);
    request.end();
  });
}
