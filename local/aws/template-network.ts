import type { Model, Resource } from '../types';
import type { GroupRule, NetworkOptions, Placement, SecurityGroup, Subnet, VpcEndpoint } from './network';
import { parsePolicy } from './policy-document';

/** The network of a template: who is where, which ways lead out, and what security groups let through. */
export function networkFromTemplate(model: Model): NetworkOptions {
  return {
    region: model.environment.region,
    functions: functions(model),
    subnets: subnets(model),
    groups: securityGroups(model),
    endpoints: model.resources('AWS::EC2::VPCEndpoint').map((endpoint) => vpcEndpoint(model, endpoint)),
  };
}

function functions(model: Model): Map<string, Placement> {
  const placements = new Map<string, Placement>();
  for (const fn of model.resources('AWS::Lambda::Function')) {
    const config = fn.properties.VpcConfig;
    if (!config?.SubnetIds?.length) continue;
    placements.set(model.attribute(fn, 'Arn'), { subnets: config.SubnetIds, securityGroups: config.SecurityGroupIds ?? [] });
  }
  return placements;
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

function securityGroups(model: Model): Map<string, SecurityGroup> {
  const groups = new Map<string, { ingress: GroupRule[]; egress: GroupRule[] }>();
  for (const group of model.resources('AWS::EC2::SecurityGroup')) {
    const { SecurityGroupIngress = [], SecurityGroupEgress } = group.properties;
    groups.set(model.attribute(group, 'GroupId'), {
      ingress: SecurityGroupIngress.map(rule),
      // A group whose template names no way out gets EC2's default: everything.
      egress: (SecurityGroupEgress ?? [{ IpProtocol: '-1', CidrIp: '0.0.0.0/0' }]).map(rule),
    });
  }
  const add = (resource: Resource, side: 'ingress' | 'egress') => {
    const group = groups.get(resource.properties.GroupId);
    if (!group) {
      throw new Error(
        `${resource.stack}/${resource.logicalId}: 'GroupId' must be a security group of the template, got: ${resource.properties.GroupId}`,
      );
    }
    group[side].push(rule(resource.properties));
  };
  for (const resource of model.resources('AWS::EC2::SecurityGroupIngress')) add(resource, 'ingress');
  for (const resource of model.resources('AWS::EC2::SecurityGroupEgress')) add(resource, 'egress');
  return groups;
}

// biome-ignore lint/suspicious/noExplicitAny: properties of a rule, inline or of a resource of its own
function rule(properties: any): GroupRule {
  const group = properties.SourceSecurityGroupId ?? properties.DestinationSecurityGroupId;
  const prefixList = properties.SourcePrefixListId ?? properties.DestinationPrefixListId;
  const cidr = properties.CidrIp ?? properties.CidrIpv6;
  return {
    protocol: String(properties.IpProtocol).toLowerCase(),
    fromPort: Number(properties.FromPort ?? 0),
    toPort: Number(properties.ToPort ?? 65535),
    ...(group !== undefined && { group }),
    ...(prefixList !== undefined && { prefixList }),
    ...(cidr !== undefined && { cidr }),
  };
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
    securityGroups: properties.SecurityGroupIds ?? [],
    subnets: properties.SubnetIds ?? [],
    routeTables: properties.RouteTableIds ?? [],
    // CloudFormation's defaults: private DNS on, DNS support on, DNS host names off. Private DNS needs all three.
    privateDns: (properties.PrivateDnsEnabled ?? true) && (vpc?.EnableDnsSupport ?? true) && (vpc?.EnableDnsHostnames ?? false),
    ...(properties.PolicyDocument && { policy: parsePolicy(properties.PolicyDocument, where) }),
  };
}
