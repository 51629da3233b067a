import { AwsError } from '../../types';
import type { Protocol } from './protocol';
import { element, errorResponse, type MemberNames } from './xml';

/** XML namespace of each service, and element names of the members of its lists (from the SDK's model). */
const SERVICES: Readonly<Record<string, { namespace: string; members: MemberNames }>> = {
  elasticache: {
    namespace: 'http://elasticache.amazonaws.com/doc/2015-02-02/',
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
};

/** Query: a form goes in, XML comes back. ElastiCache. */
export const query: Protocol = {
  parse({ body }) {
    const form = new URLSearchParams(body.toString('utf8'));
    const operation = form.get('Action');
    if (!operation) throw new AwsError('MissingAction', "the form has no 'Action'");
    const input: Record<string, unknown> = {};
    for (const [key, value] of form) if (key !== 'Action' && key !== 'Version') place(input, key.split('.'), value);
    return { operation, input: withLists(input) };
  },
  success(operation, output, requestId, service) {
    const { namespace, members } = SERVICES[service] ?? { namespace: `http://${service}.amazonaws.com/`, members: {} };
    const result = element(`${operation}Result`, output ?? {}, members);
    const metadata = `<ResponseMetadata><RequestId>${requestId}</RequestId></ResponseMetadata>`;
    return {
      status: 200,
      headers: { 'content-type': 'text/xml', 'x-amzn-requestid': requestId },
      body: `<${operation}Response xmlns="${namespace}">${result}${metadata}</${operation}Response>`,
    };
  },
  failure({ code, message, statusCode }, requestId, service) {
    const namespace = SERVICES[service]?.namespace ?? `http://${service}.amazonaws.com/`;
    return {
      status: statusCode,
      headers: { 'content-type': 'text/xml', 'x-amzn-requestid': requestId },
      body: errorResponse(code, message, statusCode, requestId, namespace),
    };
  },
};

function place(target: Record<string, unknown>, [head, ...rest]: string[], value: string): void {
  if (rest.length === 0) {
    target[head!] = value;
    return;
  }
  target[head!] ??= {};
  place(target[head!] as Record<string, unknown>, rest, value);
}

/** `List.member.1`, `List.member.2` become an array; so does `List.1`. */
function withLists(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value);
  if (numbered(entries)) return inOrder(entries);
  const [only] = entries;
  if (entries.length === 1 && typeof only![1] === 'object' && numbered(Object.entries(only![1] as object))) {
    return inOrder(Object.entries(only![1] as object));
  }
  return Object.fromEntries(entries.map(([key, member]) => [key, withLists(member)]));
}

function numbered(entries: [string, unknown][]): boolean {
  return entries.length > 0 && entries.every(([key]) => /^\d+$/.test(key));
}

function inOrder(entries: [string, unknown][]): unknown[] {
  return entries.sort(([a], [b]) => Number(a) - Number(b)).map(([, item]) => withLists(item));
}
