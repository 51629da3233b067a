import { XMLParser } from 'fast-xml-parser';
import { AwsError } from '../../types';
import type { Protocol } from './protocol';
import { match, type RestRoute } from './rest-path';
import { element, errorResponse, type XmlNames } from './xml';

interface XmlRoute extends RestRoute {
  readonly status: number;
  /** The member of the output that is the body. */
  readonly payload: string;
  /** Reads the body into the input. */
  readonly body?: (xml: unknown) => Record<string, unknown>;
}

const API = '/2020-05-31/distribution/{DistributionId}/invalidation';
const NAMESPACE = 'http://cloudfront.amazonaws.com/doc/2020-05-31/';

/** CloudFront's operations that are run here. */
const ROUTES: Readonly<Record<string, XmlRoute>> = {
  CreateInvalidation: { method: 'POST', path: API, status: 201, payload: 'Invalidation', body: invalidationBatch },
  GetInvalidation: { method: 'GET', path: `${API}/{Id}`, status: 200, payload: 'Invalidation' },
  ListInvalidations: { method: 'GET', path: API, status: 200, payload: 'InvalidationList' },
};

/** Members of a list of paths, and of a list of invalidations: both lists are called `Items`. */
const PATHS: XmlNames = { members: { Items: 'Path' } };
const SUMMARIES: XmlNames = { members: { Items: 'InvalidationSummary' } };

const parser = new XMLParser({ ignoreAttributes: true, parseTagValue: false, isArray: (name) => name === 'Path' });

/** REST-XML: labels in the path, XML in the body. CloudFront. */
export const restXml: Protocol = {
  parse(request, service) {
    const { operation, route, labels } = match(ROUTES, request, service);
    return {
      operation,
      input: () => ({ ...Object.fromEntries(request.query), ...route.body?.(parseXml(request.body)), ...labels }),
    };
  },
  success(operation, output, requestId) {
    const { status, payload } = ROUTES[operation]!;
    const members = payload === 'InvalidationList' ? SUMMARIES : PATHS;
    const body = element(payload, output[payload], members).replace(`<${payload}>`, `<${payload} xmlns="${NAMESPACE}">`);
    return {
      status,
      headers: {
        'content-type': 'text/xml',
        'x-amzn-requestid': requestId,
        ...(output.Location && { location: output.Location }),
        ...(output.ETag && { etag: output.ETag }),
      },
      body: `<?xml version="1.0"?>\n${body}`,
    };
  },
  failure({ code, message, statusCode }, requestId) {
    return {
      status: statusCode,
      headers: { 'content-type': 'text/xml', 'x-amzn-requestid': requestId },
      body: errorResponse(code, message, statusCode, requestId, NAMESPACE),
    };
  },
};

function parseXml(body: Buffer): unknown {
  try {
    return parser.parse(body.toString('utf8'), true);
  } catch (error) {
    throw new AwsError('MalformedXML', `the request body is not XML: ${(error as Error).message}`);
  }
}

// biome-ignore lint/suspicious/noExplicitAny: whatever XML a client sent
function invalidationBatch(xml: any): Record<string, unknown> {
  const batch = xml?.InvalidationBatch;
  if (typeof batch !== 'object') throw new AwsError('MalformedXML', "the request body has no 'InvalidationBatch'");
  return {
    InvalidationBatch: {
      CallerReference: batch.CallerReference,
      Paths: { Quantity: Number(batch.Paths?.Quantity), Items: batch.Paths?.Items?.Path ?? [] },
    },
  };
}
