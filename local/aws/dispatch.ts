import { own } from '../own';
import { AwsError, type Caller, type Clock, type Operation, type Operations } from '../types';
import type { CallLog } from './call-log';
import type { ConditionKeys } from './conditions';
import { readInput } from './input';
import type { Network } from './network';
import type { Decision, Policies } from './policies';
import type { Statement } from './policy-document';
import { jsonRpc, unknownOperation } from './protocols/json-rpc';
import type { Protocol, WireRequest } from './protocols/protocol';
import { query } from './protocols/query';
import { restJson } from './protocols/rest-json';
import { restXml } from './protocols/rest-xml';
import { s3 } from './protocols/s3';

/** An operation whose input has condition keys, such as `events:source`. Keys in lower case. */
export interface ConditionedOperation extends Operation {
  // biome-ignore lint/suspicious/noExplicitAny: each operation narrows its own input
  conditionKeys(input: any): ConditionKeys;
}

/** Dependencies of {@link dispatch}. */
export interface Dispatch {
  readonly operations: Operations;
  readonly policies: Policies;
  readonly network: Network;
  readonly log: CallLog;
  readonly clock: Clock;
}

/** Services that call a denial otherwise than the rest do, and the statuses that they answer with. */
const DENIALS: Readonly<Record<string, { code: string; status: number }>> = {
  s3: { code: 'AccessDenied', status: 403 },
  sqs: { code: 'AccessDenied', status: 403 },
  cloudfront: { code: 'AccessDenied', status: 403 },
  elasticache: { code: 'AccessDenied', status: 403 },
  apigateway: { code: 'AccessDeniedException', status: 403 },
  lambda: { code: 'AccessDeniedException', status: 403 },
};
/** Longest name of an operation that is recorded and quoted. */
const LONGEST_NAME = 100;
const DENIAL = { code: 'AccessDeniedException', status: 400 };

/** The function can't reach the service; in AWS the call would hang until the client gives up. */
export class Unreachable extends Error {}

/** The protocol of a request: a target header, a form, or else method and path. */
export function protocolOf(headers: WireRequest['headers'], service: string, queryString = ''): Protocol {
  // Before the rest: what is put to a bucket may look like any of them.
  if (service === 's3') return s3;
  if (headers['x-amz-target'] !== undefined) return jsonRpc;
  if (/(^|&)Action=/.test(queryString)) return query;
  if (headers['content-type']?.startsWith('application/x-www-form-urlencoded')) return query;
  return service === 'cloudfront' ? restXml : restJson;
}

/**
 * Decides a call and runs it.
 * @throws {Unreachable} where the network of the template leads nowhere.
 * @throws {AwsError} where the call isn't allowed, isn't known, or fails.
 */
export async function dispatch(
  request: WireRequest,
  protocol: Protocol,
  service: string,
  caller: Caller,
  { operations, policies, network, log, clock }: Dispatch,
): Promise<{ operation: string; output: unknown }> {
  const record = (operation: string, allowed: boolean, more: { action?: string; resources?: string[]; reason?: string } = {}) =>
    log.add({ time: clock.now(), service, operation, allowed, resources: [], ...more }, caller);

  const reach = network.reach(caller.functionArn, service);
  if (!reach.reachable) {
    record(`${request.method} ${request.path.slice(0, 200)}`, false, { reason: reach.reason });
    throw new Unreachable(`${caller.functionArn} can't reach '${service}': ${reach.reason}`);
  }
  const call = protocol.parse(request, service);
  const name = call.operation.slice(0, LONGEST_NAME);
  const known = own(operations, service) ?? {};
  const operation = own(known, name);
  if (!operation) {
    const reason = `operation '${name}' of '${service}' is not run here; run are: ${Object.keys(known).join(', ') || 'none'}`;
    record(name, false, { reason });
    throw unknownOperation(reason);
  }
  const input = readInput(call.input(operation.input), operation);
  const resources = operation.resources(input);
  const decision = decide(operation, input, resources, caller, policies, reach.endpoint?.policy);
  record(name, decision.allowed, {
    action: operation.action,
    resources,
    ...(decision.reason !== undefined && { reason: decision.reason }),
  });
  if (!decision.allowed) {
    const { code, status } = own(DENIALS, service) ?? DENIAL;
    throw new AwsError(code, decision.reason!, status);
  }
  return { operation: name, output: await operation.handle(input, caller) };
}

function decide(
  operation: Operation,
  input: unknown,
  resources: string[],
  caller: Caller,
  policies: Policies,
  endpointPolicy: readonly Statement[] | undefined,
): Decision {
  if (operation.unrestricted) return { allowed: true };
  const keys = (operation as Partial<ConditionedOperation>).conditionKeys?.(input);
  for (const resource of resources.length > 0 ? resources : ['*']) {
    const decision = policies.authorize({
      caller,
      action: operation.action,
      resource,
      ...(keys && { keys }),
      ...(endpointPolicy && { endpointPolicy }),
    });
    if (!decision.allowed) return decision;
  }
  return { allowed: true };
}
