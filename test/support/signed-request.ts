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
  /** Time of the signature. @default - now */
  readonly date?: Date;
}

/** A signer; S3's paths are encoded once. */
function signerOf(scope: { readonly credentials: Credentials; readonly region: string; readonly service: string }): SignatureV4 {
  return new SignatureV4({ ...scope, uriEscapePath: scope.service !== 's3', sha256: Sha256 as never });
}

/** Headers of a request that the SDK's signer has signed. The URL's path isn't normalised. */
export async function signedHeaders(url: string, request: UnsignedRequest): Promise<Record<string, string>> {
  const { method = 'POST', headers = {}, body = '', service, credentials, region = 'eu-central-1', date } = request;
  const signer = signerOf({ credentials, region, service });
  const { hostname, port, host, searchParams } = new URL(url);
  const path = url.replace(/^http:\/\/[^/?]*/, '').replace(/\?.*/s, '') || '/';
  const query: Record<string, string[]> = {};
  for (const name of new Set(searchParams.keys())) query[name] = searchParams.getAll(name);
  const unsigned = { method, protocol: 'http:', hostname, port: Number(port), path, query, headers: { ...headers, host }, body };
  const signed = (await signer.sign(unsigned as never, { signingDate: date })) as unknown as { headers: Record<string, string> };
  return signed.headers;
}

/** Presigned URL of a request without a body. */
export async function presigned(url: string, request: UnsignedRequest & { readonly expiresSeconds: number }): Promise<URL> {
  const { method = 'GET', headers = {}, service, credentials, region = 'eu-central-1', date, expiresSeconds } = request;
  const signer = signerOf({ credentials, region, service });
  const { hostname, port, host, pathname, searchParams } = new URL(url);
  const query = Object.fromEntries([...new Set(searchParams.keys())].map((name) => [name, searchParams.getAll(name)]));
  const unsigned = {
    method,
    protocol: 'http:',
    hostname,
    port: Number(port),
    path: pathname,
    query,
    headers: { ...headers, host },
  };
  const signed = await signer.presign(unsigned as never, { signingDate: date, expiresIn: expiresSeconds });
  const result = new URL(url);
  result.search = '';
  for (const [name, value] of Object.entries(signed.query ?? {})) {
    for (const each of [value].flat()) result.searchParams.append(name, each ?? '');
  }
  return result;
}

/** `fetch` of a signed request. */
export async function signedFetch(url: string, request: UnsignedRequest): Promise<Response> {
  const { host: _, ...headers } = await signedHeaders(url, request);
  return fetch(url, { method: request.method ?? 'POST', headers, body: request.body });
}
