import { own } from '../../own';
import { AwsError } from '../../types';
import { inputOfForm } from './form';
import type { Protocol } from './protocol';
import { sqsQueryCode } from './sqs-query-codes';
import { element, errorResponse, type XmlNames } from './xml';

/** XML namespace of each service, and how its lists and maps are spelt (from the SDK's models). */
const SERVICES: Readonly<Record<string, { readonly namespace: string; readonly names: XmlNames }>> = {
  cloudformation: { namespace: 'http://cloudformation.amazonaws.com/doc/2010-05-15/', names: { members: {} } },
  elasticache: {
    namespace: 'http://elasticache.amazonaws.com/doc/2015-02-02/',
    names: {
      members: {
        ReplicationGroups: 'ReplicationGroup',
        MemberClusters: 'ClusterId',
        NodeGroups: 'NodeGroup',
        NodeGroupMembers: 'NodeGroupMember',
        CacheClusters: 'CacheCluster',
        CacheNodes: 'CacheNode',
        Events: 'Event',
      },
    },
  },
  // As clients before 2023 speak to it, such as Debian 12's command line; later ones take JSON.
  sqs: {
    namespace: 'http://queue.amazonaws.com/doc/2012-11-05/',
    names: {
      members: {},
      flattened: { Messages: 'Message', QueueUrls: 'QueueUrl', Failed: 'BatchResultErrorEntry' },
      maps: { Attributes: 'Attribute', MessageAttributes: 'MessageAttribute' },
    },
  },
  sts: { namespace: 'https://sts.amazonaws.com/doc/2011-06-15/', names: { members: {} } },
};

/** Query: a form goes in, XML comes back. ElastiCache, CloudFormation, STS, and SQS for older clients. */
export const query: Protocol = {
  parse({ body, query: ofUrl }) {
    // Of a GET, the form is the query string.
    const form = body.length > 0 ? new URLSearchParams(body.toString('utf8')) : ofUrl;
    const operation = form.get('Action');
    if (!operation) throw new AwsError('MissingAction', "the form has no 'Action'");
    return { operation, input: (members) => inputOfForm(form, members) };
  },
  success(operation, output, requestId, service) {
    const { namespace, names } = serviceOf(service);
    // Results of a batch are named for their operation.
    const flattened = { ...names.flattened, Successful: `${operation}ResultEntry` };
    const result = element(`${operation}Result`, output ?? {}, { ...names, flattened });
    const metadata = `<ResponseMetadata><RequestId>${requestId}</RequestId></ResponseMetadata>`;
    return {
      status: 200,
      headers: { 'content-type': 'text/xml', 'x-amzn-requestid': requestId },
      body: `<${operation}Response xmlns="${namespace}">${result}${metadata}</${operation}Response>`,
    };
  },
  failure({ code, message, statusCode }, requestId, service) {
    return {
      status: statusCode,
      headers: { 'content-type': 'text/xml', 'x-amzn-requestid': requestId },
      body: errorResponse(
        service === 'sqs' ? sqsQueryCode(code) : code,
        message,
        statusCode,
        requestId,
        serviceOf(service).namespace,
      ),
    };
  },
};

/** A service that isn't run here has errors only. */
function serviceOf(service: string): { namespace: string; names: XmlNames } {
  return own(SERVICES, service) ?? { namespace: 'http://amazonaws.com/', names: { members: {} } };
}
