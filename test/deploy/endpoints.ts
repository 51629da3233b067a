import type { Json } from './assembly';
import { covers } from './grants';
import type { Problem } from './problem';
import { mentioned, type Resource } from './resources';

/** Services that functions of a network call through its endpoints, by the end of the endpoint's name. */
const SERVICES: Readonly<Record<string, string>> = { events: 'events', s3: 's3', secretsmanager: 'secretsmanager' };

/**
 * Calls that the role of a function allows and that the policy of the endpoint on their way doesn't: they are denied, however
 * much the role allows.
 *
 * @see https://docs.aws.amazon.com/vpc/latest/privatelink/vpc-endpoints-access.html
 */
export function endpointProblems(resources: readonly Resource[]): Problem[] {
  const endpoints = resources.filter(({ type }) => type === 'AWS::EC2::VPCEndpoint');
  const functions = resources.filter(({ type, properties }) => type === 'AWS::Lambda::Function' && properties.VpcConfig);
  return functions.flatMap((caller) => {
    const vpcs = vpcsOf(caller, resources);
    return callsOf(caller, resources).flatMap(({ action, on }) => {
      const service = action.split(':')[0] as string;
      const endpoint = Object.hasOwn(SERVICES, service)
        ? endpoints.find(
            ({ properties }) =>
              String(properties.ServiceName).endsWith(`.${SERVICES[service]}`) && overlaps(properties.VpcId, vpcs),
          )
        : undefined;
      if (!endpoint || lets(endpoint, action, on)) return [];
      return [
        {
          rule: 'endpoint-denied',
          address: caller.address,
          text: `its role allows ${action} on ${on}, which the policy of ${endpoint.address} on its way doesn't; widen it by 'allowSecretRotation' or 'allowBucket' of the network`,
        },
      ];
    });
  });
}

/** VPCs of the subnets of a function. */
function vpcsOf({ properties }: Resource, resources: readonly Resource[]): Set<string> {
  const subnets = mentioned(properties.VpcConfig.SubnetIds);
  const there = resources.filter(({ address }) => subnets.has(address));
  return new Set(there.flatMap((subnet) => [...mentioned(subnet.properties.VpcId)]));
}

function overlaps(value: Json, marks: ReadonlySet<string>): boolean {
  return [...mentioned(value)].some((address) => marks.has(address));
}

/** Actions that the policies of a function's role allow, each with what it is allowed on. */
function callsOf(caller: Resource, resources: readonly Resource[]): Array<{ readonly action: string; readonly on: string }> {
  const roles = mentioned(caller.properties.Role);
  const documents = resources.flatMap(({ type, address, properties }): Json[] => {
    if (type === 'AWS::IAM::Policy' && overlaps(properties.Roles, roles)) return [properties.PolicyDocument];
    if (type === 'AWS::IAM::Role' && roles.has(address))
      return (properties.Policies ?? []).map((each: Json) => each.PolicyDocument);
    return [];
  });
  return documents
    .flatMap(({ Statement }) => [Statement].flat())
    .filter(({ Effect }) => Effect === 'Allow')
    .flatMap(({ Action, Resource: on }) =>
      [Action].flat().flatMap((action: string) => [on].flat().map((one) => ({ action, on: String(one) }))),
    );
}

function lets(endpoint: Resource, action: string, on: string): boolean {
  const { PolicyDocument } = endpoint.properties;
  // Without a policy an endpoint lets everything through.
  if (!PolicyDocument) return true;
  return [PolicyDocument.Statement]
    .flat()
    .some(
      (statement: Json) =>
        statement.Effect === 'Allow' &&
        covers(statement.Action, action) &&
        [statement.Resource].flat().some((allowed: string) => reaches(String(allowed), on)),
    );
}

/** True if a pattern of an ARN may cover another one: one of another service or resource doesn't. */
function reaches(allowed: string, on: string): boolean {
  if (allowed === '*') return true;
  const owners = mentioned(allowed);
  if (owners.size > 0) return overlaps(on, owners);
  // What a template makes is of its own account and region, which the patterns name.
  const service = allowed.split(':')[2];
  return mentioned(on).size > 0 ? !allowed.includes('cloudformation-custom-resource-response') : on.split(':')[2] === service;
}
