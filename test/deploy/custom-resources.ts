import type { Problem } from './problem';
import { mentioned, mentions, type Resource } from './resources';

/** Types that a function in a network needs to be there while it works, if they are of its network, its role or what it reads. */
const ROUTES = ['AWS::EC2::Route', 'AWS::EC2::SubnetRouteTableAssociation'];
const RULES = ['AWS::EC2::SecurityGroupEgress', 'AWS::EC2::SecurityGroupIngress'];

/**
 * Resources that the answer of a custom resource needs and that it doesn't depend on. What it depends on is made before it, and
 * deleted after it; without that, its function loses its network, its rights or its target while it is still to answer, and the
 * stack waits until it fails.
 *
 * @see https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/crpg-ref-responses.html
 */
export function customResourceProblems(resources: readonly Resource[]): Problem[] {
  return resources.filter(isCustom).flatMap((resource) => {
    const worker = resources.find(
      ({ type, address }) => type === 'AWS::Lambda::Function' && mentions(resource.properties.ServiceToken, address),
    );
    if (!worker) return [];
    const before = ancestors(resource, resources);
    return neededBy(worker, resources)
      .filter(({ address, stack }) => stack === resource.stack && !before.has(address))
      .map((needed) => ({
        rule: 'custom-resource-answer',
        address: resource.address,
        text: `its function ${worker.logicalId} needs ${needed.address} (${needed.type}) to answer, and it doesn't depend on that; add the dependency`,
      }));
  });
}

const isCustom = ({ type }: Resource): boolean => type.startsWith('Custom::') || type === 'AWS::CloudFormation::CustomResource';

/** Everything that a resource needs, directly or not. */
function ancestors(resource: Resource, resources: readonly Resource[]): Set<string> {
  const byAddress = new Map(resources.map((other) => [other.address, other]));
  const found = new Set<string>();
  const visit = (address: string): void => {
    if (found.has(address)) return;
    found.add(address);
    for (const need of byAddress.get(address)?.needs ?? []) visit(need);
  };
  for (const need of resource.needs) visit(need);
  return found;
}

/** Resources without which a function can't do its work and answer. */
export function neededBy(worker: Resource, resources: readonly Resource[]): Resource[] {
  const { Role, VpcConfig, Environment } = worker.properties;
  const policies = resources.filter(({ type, properties }) => type === 'AWS::IAM::Policy' && overlaps(properties.Roles, Role));
  const found = [...policies];
  if (VpcConfig) {
    const groups = mentioned(VpcConfig.SecurityGroupIds);
    const subnets = mentioned(VpcConfig.SubnetIds);
    const associations = resources.filter(
      ({ type, properties }) => ROUTES.includes(type) && overlaps(properties.SubnetId, subnets),
    );
    const tables = new Set(associations.flatMap(({ properties }) => [...mentioned(properties.RouteTableId)]));
    const endpoints = resources.filter(
      ({ type, properties }) =>
        type === 'AWS::EC2::VPCEndpoint' &&
        (overlaps(properties.SubnetIds, subnets) || overlaps(properties.RouteTableIds, tables)),
    );
    const rules = resources.filter(
      ({ type, properties }) =>
        RULES.includes(type) && (overlaps(properties.GroupId, groups) || overlaps(properties.SourceSecurityGroupId, groups)),
    );
    // An interface endpoint serves who may connect to its security group; a gateway endpoint whoever its routes are for.
    const opened = new Set(
      rules.flatMap(({ properties }) => [...mentioned([properties.GroupId, properties.DestinationSecurityGroupId])]),
    );
    const used = endpoints.filter(
      ({ properties }) => properties.VpcEndpointType !== 'Interface' || overlaps(properties.SecurityGroupIds, opened),
    );
    const routes = resources.filter(
      ({ type, properties }) => type === 'AWS::EC2::Route' && overlaps(properties.RouteTableId, tables),
    );
    found.push(...associations, ...routes, ...used, ...rules);
  }
  const read = mentioned(Environment?.Variables);
  // A secret's value is whole only once it is attached to its database.
  const attachments = resources.filter(
    ({ type, properties }) => type === 'AWS::SecretsManager::SecretTargetAttachment' && overlaps(properties.SecretId, read),
  );
  return [...new Set([...found, ...attachments, ...resources.filter(({ address }) => read.has(address))])];
}

/** True if two values mention one resource. */
function overlaps(value: unknown, others: unknown): boolean {
  const marks = others instanceof Set ? others : mentioned(others);
  return [...mentioned(value)].some((address) => marks.has(address));
}
