import { AwsError } from '../../types';
import { fromJson, toJson } from './json';
import type { Protocol } from './protocol';
import { sqsQueryCode } from './sqs-query-codes';

/**
 * AWS JSON 1.0 and 1.1: the operation in `X-Amz-Target`, everything else in the body. EventBridge, Secrets Manager, SQS,
 * CloudWatch.
 */
export const jsonRpc: Protocol = {
  parse({ headers, body }) {
    const target = String(headers['x-amz-target']);
    const operation = target.slice(target.lastIndexOf('.') + 1);
    return { operation, input: () => fromJson(body) };
  },
  success(_operation, output, requestId, service) {
    return { status: 200, headers: headersFor(service, requestId), body: toJson(output ?? {}) };
  },
  failure(error, requestId, service) {
    const headers = headersFor(service, requestId);
    if (service === 'sqs') headers['x-amzn-query-error'] = `${sqsQueryCode(error.code)};Sender`;
    return {
      status: error.statusCode,
      headers,
      body: toJson({ __type: service === 'sqs' ? `com.amazonaws.sqs#${error.code}` : error.code, message: error.message }),
    };
  },
};

function headersFor(service: string, requestId: string): Record<string, string> {
  const version = service === 'sqs' || service === 'monitoring' ? '1.0' : '1.1';
  return { 'content-type': `application/x-amz-json-${version}`, 'x-amzn-requestid': requestId };
}

/** Error of a request whose operation isn't run here. */
export function unknownOperation(message: string): AwsError {
  return new AwsError('UnknownOperationException', message, 400);
}
