import { XMLParser } from 'fast-xml-parser';
import { AwsError } from '../../types';
import { s3Error } from '../../xml-text';
import { unknownOperation } from './json-rpc';
import type { Protocol, WireRequest } from './protocol';
import { unchunked } from './s3-chunks';
import { element, type XmlNames } from './xml';

/** One operation of S3: method, what it is about, and query parameters. */
interface S3Route {
  readonly method: string;
  readonly of: 'account' | 'bucket' | 'object';
  /** Query parameter that tells it from others, with its value where that counts. */
  readonly when?: readonly [name: string, value?: string];
  /** Other query parameters that it reads, by their member in the input. */
  readonly query?: Readonly<Record<string, string>>;
  readonly status: number;
  readonly input?: (request: WireRequest) => Record<string, unknown>;
}

const CONDITIONS = {
  Range: 'range',
  IfMatch: 'if-match',
  IfNoneMatch: 'if-none-match',
  IfModifiedSince: 'if-modified-since',
  IfUnmodifiedSince: 'if-unmodified-since',
};

/** Headers that are kept with an object. */
const KEPT = ['cache-control', 'content-disposition', 'content-encoding', 'content-language', 'content-type', 'expires'];

const METADATA = 'x-amz-meta-';

/** S3's operations that are run here. */
const ROUTES: Readonly<Record<string, S3Route>> = {
  ListBuckets: { method: 'GET', of: 'account', status: 200 },
  ListObjectsV2: {
    method: 'GET',
    of: 'bucket',
    when: ['list-type', '2'],
    query: {
      prefix: 'Prefix',
      delimiter: 'Delimiter',
      'max-keys': 'MaxKeys',
      'continuation-token': 'ContinuationToken',
      'start-after': 'StartAfter',
      'encoding-type': 'EncodingType',
      'fetch-owner': 'FetchOwner',
    },
    status: 200,
  },
  DeleteObjects: { method: 'POST', of: 'bucket', when: ['delete'], status: 200, input: ({ body }) => deletion(body) },
  GetObject: { method: 'GET', of: 'object', status: 200, input: ({ headers }) => conditions(headers) },
  HeadObject: { method: 'HEAD', of: 'object', status: 200, input: ({ headers }) => conditions(headers) },
  PutObject: { method: 'PUT', of: 'object', status: 200, input: put },
  DeleteObject: { method: 'DELETE', of: 'object', status: 204 },
};

/** Parameters that say nothing of what is asked for: a mark of the SDK, and a presigned URL's signature. */
const NEUTRAL = /^(x-id|x-amz-.*)$/i;

/** Elements of lists, which have none around them but that of the buckets. */
const NAMES: XmlNames = {
  members: { Buckets: 'Bucket' },
  flattened: { Contents: 'Contents', CommonPrefixes: 'CommonPrefixes', Deleted: 'Deleted', Error: 'Error' },
};

const NAMESPACE = 'http://s3.amazonaws.com/doc/2006-03-01/';

const parser = new XMLParser({
  ignoreAttributes: true,
  parseTagValue: false,
  trimValues: false,
  isArray: (name) => name === 'Object',
});

/** S3's own form of REST-XML: bucket and key in the path, most of the rest in headers. */
export const s3: Protocol = {
  parse(request) {
    const { bucket, key } = subjectOf(request);
    const of = bucket === undefined ? 'account' : key === undefined ? 'bucket' : 'object';
    const found = Object.entries(ROUTES).find(
      ([, route]) => route.method === request.method && route.of === of && asksFor(route, request.query),
    );
    if (!found || request.headers['x-amz-copy-source'] !== undefined) {
      const asked = `${request.method} ${request.path.slice(0, 200)}${[...request.query.keys()].map((name) => ` ?${name}`).join('')}`;
      throw unknownOperation(`${asked} of s3 is not run here; run are: ${Object.keys(ROUTES).join(', ')}`);
    }
    const [operation, route] = found;
    return {
      operation,
      input: () => ({
        ...Object.fromEntries(
          Object.entries(route.query ?? {}).flatMap(([name, member]) => {
            const value = request.query.get(name);
            return value === null ? [] : [[member, value]];
          }),
        ),
        ...route.input?.(request),
        ...(bucket !== undefined && { Bucket: bucket }),
        ...(key !== undefined && { Key: key }),
      }),
    };
  },
  success(operation, output, requestId) {
    const common = { 'x-amz-request-id': requestId, ...(output?.ETag && { etag: output.ETag }) };
    if (output?.headers) {
      const { status, headers, body = '' } = output;
      return { status, headers: { ...common, ...headers }, body };
    }
    const [document] = Object.entries(output ?? {}).filter(([name]) => name.endsWith('Result'));
    if (!document) return { status: ROUTES[operation]!.status, headers: common, body: '' };
    const [name, content] = document;
    const body = element(name, content, NAMES).replace(`<${name}>`, `<${name} xmlns="${NAMESPACE}">`);
    return {
      status: ROUTES[operation]!.status,
      headers: { ...common, 'content-type': 'application/xml' },
      body: `<?xml version="1.0" encoding="UTF-8"?>\n${body}`,
    };
  },
  failure({ code, message, statusCode, headers }, requestId) {
    return {
      status: statusCode,
      headers: { 'content-type': 'application/xml', 'x-amz-request-id': requestId, ...headers },
      body: s3Error(code, message, requestId),
    };
  },
};

/** Bucket and key of a request, in the path or, of a name below `localhost`, in the host. */
function subjectOf({ path, headers }: WireRequest): { readonly bucket?: string; readonly key?: string } {
  const inHost = /^(.+)\.localhost(?::\d+)?$/i.exec(headers.host ?? '')?.[1];
  const [bucket, ...rest] = (inHost === undefined ? path.slice(1) : `${inHost}${path}`).split('/');
  const key = rest.join('/');
  return { ...(bucket && { bucket: decoded(bucket) }), ...(key && { key: decoded(key) }) };
}

function asksFor({ when, query = {} }: S3Route, asked: URLSearchParams): boolean {
  if (when && !(asked.has(when[0]) && (when[1] === undefined || asked.get(when[0]) === when[1]))) return false;
  return [...asked.keys()].every((name) => name === when?.[0] || Object.hasOwn(query, name) || NEUTRAL.test(name));
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new AwsError('InvalidURI', "Couldn't parse the specified URI.");
  }
}

function conditions(headers: WireRequest['headers']): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(CONDITIONS).flatMap(([member, name]) => (headers[name] === undefined ? [] : [[member, headers[name]]])),
  );
}

function put({ headers, body }: WireRequest): Record<string, unknown> {
  const isChunked = String(headers['x-amz-content-sha256'] ?? '').startsWith('STREAMING-');
  const sent = isChunked ? unchunked(body) : { body, trailers: {} };
  const all = Object.entries({ ...headers, ...sent.trailers }).map(([name, value]): [string, string] => [name, String(value)]);
  const kept = all.filter(([name]) => KEPT.includes(name));
  return {
    Body: sent.body,
    Headers: Object.fromEntries(kept.map(([name, value]) => [name, withoutChunked(value)]).filter(([, value]) => value !== '')),
    Metadata: Object.fromEntries(
      all.filter(([name]) => name.startsWith(METADATA)).map(([name, value]) => [name.slice(METADATA.length), value]),
    ),
    Checksums: Object.fromEntries(all.filter(([name]) => name === 'content-md5' || name.startsWith('x-amz-checksum-'))),
    ...(headers['x-amz-acl'] !== undefined && { ACL: headers['x-amz-acl'] }),
    ...conditions(headers),
  };
}

/** The encoding of the way is none of the object's. */
function withoutChunked(value: string): string {
  return value.replace(/^aws-chunked(,\s*)?/i, '');
}

function deletion(body: Buffer): Record<string, unknown> {
  let xml: { Delete?: { Object?: { Key?: unknown }[]; Quiet?: unknown } };
  try {
    xml = parser.parse(body.toString('utf8'), true);
  } catch (error) {
    throw new AwsError('MalformedXML', `the request body is not XML: ${(error as Error).message}`);
  }
  if (typeof xml?.Delete !== 'object') throw new AwsError('MalformedXML', "the request body has no 'Delete'");
  const { Object: objects = [], Quiet } = xml.Delete;
  return {
    Objects: objects.map(({ Key }) => ({ Key })),
    ...(Quiet !== undefined && { Quiet: String(Quiet).trim() }),
  };
}
