import type { Model, Resource } from '../types';
import type { GroupRule, NetworkOptions, Placement, PrefixList, SecurityGroup, Subnet, VpcEndpoint } from './network';
import { parsePolicy } from './policy-document';
import { prefixLists } from './prefix-lists';

/** The network of a template: who is where, which ways lead out, and what security groups let through. */
export function networkFromTemplate(model: Model): NetworkOptions {
  const lists = prefixLists(model);
  return {
    region: model.environment.region,
    functions: functions(model),
    subnets: subnets(model),
    groups: securityGroups(model, lists),
    prefixLists: lists,
    endpoints: model.resources('AWS::EC2::VPCEndpoint').map((endpoint) => vpcEndpoint(model, endpoint)),
  };
}

function functions(model: Model): Map<string, Placement> {
  const placements = new Map<string, Placement>();
  for (const fn of model.resources('AWS::Lambda::Function')) {
    const config = fn.properties.VpcConfig;
    if (!config?.SubnetIds?.length) continue;
    placements.set(model.attribute(fn, 'Arn'), {
      subnets: config.SubnetIds,
      securityGroups: config.SecurityGroupIds?.length ? config.SecurityGroupIds : defaultGroupOf(model, config.SubnetIds[0]),
    });
  }
  return placements;
}

/** The group of whatever names none: the default one of its VPC. */
export function defaultGroupOf(model: Model, subnetId: string | undefined): string[] {
  const vpcId = subnetId && model.find('AWS::EC2::Subnet', subnetId)?.properties.VpcId;
  const vpc = vpcId && model.find('AWS::EC2::VPC', vpcId);
  return vpc ? [model.attribute(vpc, 'DefaultSecurityGroup')] : [];
}

function subnets(model: Model): Map<string, Subnet> {
  const tables = new Map(
    model
      .resources('AWS::EC2::SubnetRouteTableAssociation')
      .map(({ properties }) => [properties.SubnetId as string, properties.RouteTableId as string]),
  );
  const natTables = new Set(
    model
      .resources('AWS::EC2::Route')
      .filter(({ properties }) => properties.DestinationCidrBlock === '0.0.0.0/0' && properties.NatGatewayId !== undefined)
      .map(({ properties }) => properties.RouteTableId as string),
  );
  return new Map(
    model.resources('AWS::EC2::Subnet').map((subnet) => {
      const routeTable = tables.get(model.ref(subnet));
      const { VpcId, CidrBlock } = subnet.properties;
      const nat = routeTable !== undefined && natTables.has(routeTable);
      return [model.ref(subnet), { vpc: VpcId, cidr: CidrBlock, nat, ...(routeTable !== undefined && { routeTable }) }];
    }),
  );
}

/** Rule that EC2 adds to a group without egress rules, and that every VPC's default group has. */
const EVERYTHING_OUT: GroupRule = { protocol: '-1', fromPort: 0, toPort: 65535, cidr: '0.0.0.0/0' };

interface EditableGroup {
  readonly name: string;
  readonly ingress: GroupRule[];
  readonly egress: GroupRule[];
}

function securityGroups(model: Model, lists: ReadonlyMap<string, PrefixList>): Map<string, SecurityGroup> {
  const groups = defaultGroups(model);
  for (const group of model.resources('AWS::EC2::SecurityGroup')) {
    const { SecurityGroupIngress = [], SecurityGroupEgress = [] } = group.properties;
    const read = (properties: unknown) => rule(properties, nameOf(group), lists);
    groups.set(model.attribute(group, 'GroupId'), {
      name: nameOf(group),
      ingress: SecurityGroupIngress.map(read),
      egress: SecurityGroupEgress.map(read),
    });
  }
  const add = (resource: Resource, side: 'ingress' | 'egress') => {
    const id: string = resource.properties.GroupId;
    // A group of an imported network has the rules that the template adds to it.
    const group = groups.get(id) ?? { name: id, ingress: [], egress: [] };
    groups.set(id, group);
    group[side].push(rule(resource.properties, nameOf(resource), lists));
  };
  for (const resource of model.resources('AWS::EC2::SecurityGroupIngress')) add(resource, 'ingress');
  for (const resource of model.resources('AWS::EC2::SecurityGroupEgress')) add(resource, 'egress');
  // Any rule for the way out, in the group or beside it, takes the place of the default one.
  for (const group of model.resources('AWS::EC2::SecurityGroup')) {
    const { egress } = groups.get(model.attribute(group, 'GroupId'))!;
    if (egress.length === 0) egress.push(EVERYTHING_OUT);
  }
  return groups;
}

/** The group that each VPC has from the start: it lets itself in and everything out, unless it was emptied. */
function defaultGroups(model: Model): Map<string, EditableGroup> {
  const emptied = new Set(
    model.resources('Custom::VpcRestrictDefaultSG').map(({ properties }) => properties.DefaultSecurityGroupId as string),
  );
  return new Map(
    model.resources('AWS::EC2::VPC').map((vpc) => {
      const id = model.attribute(vpc, 'DefaultSecurityGroup');
      const rules = emptied.has(id)
        ? { ingress: [], egress: [] }
        : { ingress: [{ ...ALL_PROTOCOLS, group: id }], egress: [EVERYTHING_OUT] };
      return [id, { name: `the default group of ${nameOf(vpc)}`, ...rules }];
    }),
  );
}

const ALL_PROTOCOLS = { protocol: '-1', fromPort: 0, toPort: 65535 };

// biome-ignore lint/suspicious/noExplicitAny: properties of a rule, inline or of a resource of its own
function rule(properties: any, where: string, lists: ReadonlyMap<string, PrefixList>): GroupRule {
  const group = properties.SourceSecurityGroupId ?? properties.DestinationSecurityGroupId;
  const prefixList = properties.SourcePrefixListId ?? properties.DestinationPrefixListId;
  const { CidrIp: cidr, CidrIpv6: cidrIpv6 } = properties;
  const peers = { cidr, cidrIpv6, group, prefixList };
  const given = Object.entries(peers).filter(([, value]) => value !== undefined);
  if (given.length !== 1) {
    throw new Error(
      `${where}: a rule must name exactly one of a CIDR range of IPv4 or IPv6, a security group and a prefix list, got: ${JSON.stringify(Object.fromEntries(given))}`,
    );
  }
  if (prefixList !== undefined && !lists.has(prefixList)) {
    throw new Error(
      `${where}: prefix list '${prefixList}' is not known here; name an AWS::EC2::PrefixList of the template, the list of S3 in this region, or a CIDR range`,
    );
  }
  return {
    protocol: String(properties.IpProtocol).toLowerCase(),
    fromPort: Number(properties.FromPort ?? 0),
    toPort: Number(properties.ToPort ?? 65535),
    ...Object.fromEntries(given),
  };
}

function nameOf({ stack, logicalId }: Resource): string {
  return `${stack}/${logicalId}`;
}

function vpcEndpoint(model: Model, resource: Resource): VpcEndpoint {
  const { properties } = resource;
  const where = `${resource.stack}/${resource.logicalId}`;
  const kind = properties.VpcEndpointType ?? 'Gateway';
  if (kind !== 'Interface' && kind !== 'Gateway') {
    throw new Error(`${where}: 'VpcEndpointType' must be Interface or Gateway to be run here, got: ${kind}`);
  }
  const vpc = model.find('AWS::EC2::VPC', properties.VpcId)?.properties;
  return {
    id: model.ref(resource),
    vpc: properties.VpcId,
    service: properties.ServiceName,
    kind,
    securityGroups: properties.SecurityGroupIds?.length
      ? properties.SecurityGroupIds
      : defaultGroupOf(model, properties.SubnetIds?.[0]),
    subnets: properties.SubnetIds ?? [],
    routeTables: properties.RouteTableIds ?? [],
    // CloudFormation's defaults: private DNS on, DNS support on, DNS host names off. Private DNS needs all three.
    privateDns: (properties.PrivateDnsEnabled ?? true) && (vpc?.EnableDnsSupport ?? true) && (vpc?.EnableDnsHostnames ?? false),
    ...(properties.PolicyDocument && { policy: parsePolicy(properties.PolicyDocument, where) }),
  };
}
