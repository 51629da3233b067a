import { randomUUID } from 'node:crypto';
import * as http from 'node:http';
import * as https from 'node:https';
import type { APIGatewayClient } from '@aws-sdk/client-api-gateway';
import { type CloudFrontClient, CreateInvalidationCommand, GetInvalidationCommand } from '@aws-sdk/client-cloudfront';
import type { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import type { SQSClient } from '@aws-sdk/client-sqs';
import { type Credentials, signedHeaders } from '../../lambdas/platform/http/signature';

/** Addresses of the resources that were deployed for the probes, from the outputs of their stack. */
export interface Addresses {
  /** Base URL of the distribution, without a trailing slash. */
  readonly edgeUrl: string;
  readonly distributionId: string;
  /** Base URL of the API's stage, without a trailing slash. */
  readonly gatewayUrl: string;
  readonly restApiId: string;
  readonly stageName: string;
  readonly busName: string;
  readonly queueUrl: string;
  readonly deadLetterQueueUrl: string;
}

export interface Clients {
  readonly cloudfront: Pick<CloudFrontClient, 'send'>;
  readonly gateway: Pick<APIGatewayClient, 'send'>;
  readonly events: Pick<EventBridgeClient, 'send'>;
  readonly queues: Pick<SQSClient, 'send'>;
}

export interface TargetOptions extends Addresses {
  readonly region: string;
  readonly credentials: Credentials;
  readonly clients: Clients;
}

/** Scripted answer of the origin, until a time. */
export interface Step {
  /** End of the answer, in milliseconds since the epoch. @default - no end */
  readonly until?: number;
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Entity tag; the origin answers 304 to a request that has it. */
  readonly etag?: string;
  readonly delayMs?: number;
  /** Value that the function returns, in place of a proxy response. */
  readonly raw?: unknown;
}

export interface Ask {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** True if a GET for the gateway is signed. */
  readonly signed?: boolean;
}

/** Response to a request. */
export interface Answer {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly milliseconds: number;
  /** Id of the origin's answer: equal where one was given twice. */
  readonly served?: string;
  /** Request that the origin received. */
  // biome-ignore lint/suspicious/noExplicitAny: JSON of the origin
  readonly origin?: any;
}

/** Longest duration of an invalidation before a probe fails, in milliseconds. */
const INVALIDATION_MS = 180_000;

export const pause = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** A path of the edge or the gateway that belongs to one probe. */
export class Key {
  readonly #path: string;
  readonly #target: Target;
  readonly #base: string;

  constructor(
    target: Target,
    base: string,
    area: string,
    readonly steps: readonly Step[],
    name: string = randomUUID(),
  ) {
    this.#target = target;
    this.#base = base;
    this.#path = `/${area}/${name}`;
  }

  /** Path with query, as the edge's key has it. */
  get pathAndQuery(): string {
    return `${this.#path}?script=${Buffer.from(JSON.stringify(this.steps)).toString('base64url')}`;
  }

  /** Path without query. */
  get bare(): string {
    return this.#path;
  }

  get(options: Ask = {}): Promise<Answer> {
    return this.#target.request(`${this.#base}${this.pathAndQuery}`, options);
  }

  /** Sends several requests at once. */
  many(count: number): Promise<Answer[]> {
    return Promise.all(Array.from({ length: count }, () => this.get()));
  }
}

/** Deployed stack with its clients, which probes send requests to. */
export class Target {
  readonly clients: Clients;

  constructor(readonly options: TargetOptions) {
    this.clients = options.clients;
  }

  /** A path behind the edge, that the gateway doesn't cache. @param area path of a behaviour. */
  edge(steps: readonly Step[], area = 'plain', name?: string): Key {
    return new Key(this, this.options.edgeUrl, area, steps, name);
  }

  /** A path at the gateway. @param area `cached`, `plain` or `throttled` */
  gateway(steps: readonly Step[], area = 'cached', name?: string): Key {
    return new Key(this, this.options.gatewayUrl, area, steps, name);
  }

  /** Invalidates and waits until it is complete. @returns the id. */
  async invalidate(items: readonly string[], reference: string = randomUUID()): Promise<string> {
    const id = await this.startInvalidation(items, reference);
    const until = Date.now() + INVALIDATION_MS;
    for (;;) {
      const command = new GetInvalidationCommand({ DistributionId: this.options.distributionId, Id: id });
      const { Invalidation } = await this.clients.cloudfront.send(command);
      if (Invalidation?.Status === 'Completed') return id;
      if (Date.now() > until) throw new Error(`invalidation ${id} is not complete after ${INVALIDATION_MS} ms`);
      await pause(500);
    }
  }

  async startInvalidation(items: readonly string[], reference: string): Promise<string> {
    const { Invalidation } = await this.clients.cloudfront.send(
      new CreateInvalidationCommand({
        DistributionId: this.options.distributionId,
        InvalidationBatch: { CallerReference: reference, Paths: { Quantity: items.length, Items: [...items] } },
      }),
    );
    return Invalidation!.Id!;
  }

  request(address: string, { method = 'GET', headers = {}, signed = false }: Ask): Promise<Answer> {
    const url = new URL(address);
    const { credentials, region } = this.options;
    const signature = signed ? signedHeaders(url, { credentials, region, service: 'execute-api', now: new Date() }) : {};
    const started = Date.now();
    return new Promise((resolve, reject) => {
      const { request } = url.protocol === 'https:' ? https : http;
      // Not by `fetch`, which has a cache mode of its own, refuses some headers and normalises paths.
      const path = address.slice(url.origin.length);
      const outgoing = request(url, { method, path, headers: { ...headers, ...signature }, timeout: 40_000 }, (incoming) => {
        const chunks: Buffer[] = [];
        incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
        incoming.once('error', reject);
        incoming.once('end', () => {
          const origin = parsed(Buffer.concat(chunks).toString());
          const { statusCode: status = 0, headers: received } = incoming;
          const milliseconds = Date.now() - started;
          resolve({ status, headers: received, milliseconds, ...(origin?.served && { served: origin.served, origin }) });
        });
      });
      outgoing.once('timeout', () => outgoing.destroy(new Error(`no answer of ${url.host} within 40 s`)));
      outgoing.once('error', reject);
      outgoing.end();
    });
  }
}

// biome-ignore lint/suspicious/noExplicitAny: JSON of the origin, or of whoever answered in its place
function parsed(text: string): any {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
