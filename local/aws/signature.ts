import type { IncomingHttpHeaders } from 'node:http';

/** Credential scope of a SigV4 signature. */
export interface Signature {
  readonly accessKeyId: string;
  readonly region: string;
  /** Signing name of the service, such as `events`. */
  readonly service: string;
}

/**
 * The credential scope of a request, from its header or, where it's a presigned URL, its query. The signature itself isn't
 * checked: who can connect to loopback could read the key anyway.
 */
export function signatureOf(headers: IncomingHttpHeaders, query: URLSearchParams): Signature | undefined {
  const credential =
    /^AWS4-\S+\s.*Credential=([^,\s]+)/.exec(headers.authorization ?? '')?.[1] ?? query.get('X-Amz-Credential') ?? undefined;
  // <access key id>/<date>/<region>/<service>/aws4_request
  const [accessKeyId, , region, service] = credential?.split('/') ?? [];
  return accessKeyId && region && service ? { accessKeyId, region, service } : undefined;
}
