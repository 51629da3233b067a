import { createHash, createHmac } from 'node:crypto';
import { SignatureV4 } from '@smithy/signature-v4';
import type { Credentials } from '../../local/types';

/** Node's own SHA-256, as the signer takes it. */
class Sha256 {
  readonly #hash;

  constructor(secret?: string | ArrayBuffer | ArrayBufferView) {
    const key = typeof secret === 'string' ? secret : secret && Buffer.from(secret as Uint8Array);
    this.#hash = key === undefined ? createHash('sha256') : createHmac('sha256', key);
  }

  update(data: string | Uint8Array): void {
    this.#hash.update(data);
  }

  async digest(): Promise<Uint8Array> {
    return this.#hash.digest();
  }

  reset(): void {}
}

/** A request to an AWS API before it is signed. */
export interface UnsignedRequest {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
  readonly service: string;
  readonly credentials: Credentials;
  readonly region?: string;
}

/** Sends a request that the SDK's signer has signed. The URL's path isn't normalised. */
export async function signedHeaders(url: string, request: UnsignedRequest): Promise<Record<string, string>> {
  const { method = 'POST', headers = {}, body = '', service, credentials, region = 'eu-central-1' } = request;
  const signer = new SignatureV4({ credentials, region, service, sha256: Sha256 as never });
  const { hostname, port, host, searchParams } = new URL(url);
  const path = url.replace(/^http:\/\/[^/?]*/, '').replace(/\?.*/s, '') || '/';
  const query: Record<string, string[]> = {};
  for (const name of new Set(searchParams.keys())) query[name] = searchParams.getAll(name);
  const signed = (await signer.sign({
    method,
    protocol: 'http:',
    hostname,
    port: Number(port),
    path,
    query,
    headers: { ...headers, host },
    body,
  } as never)) as unknown as { headers: Record<string, string> };
  return signed.headers;
}

/** `fetch` of a signed request. */
export async function signedFetch(url: string, request: UnsignedRequest): Promise<Response> {
  const { host: _, ...headers } = await signedHeaders(url, request);
  return fetch(url, { method: request.method ?? 'POST', headers, body: request.body });
}
