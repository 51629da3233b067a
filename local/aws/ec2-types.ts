import { createHash } from 'node:crypto';
import type { Resource, ResourceType, ResourceTypes } from '../types';

/** An id as EC2 makes them, such as `subnet-0` and 16 hex digits; always the same for a resource of a template. */
function physicalId(prefix: string, { stack, logicalId }: Pick<Resource, 'stack' | 'logicalId'>): string {
  return `${prefix}-0${createHash('sha256').update(`${stack}/${logicalId}`).digest('hex').slice(0, 16)}`;
}

const id = (prefix: string) => (resource: Resource) => physicalId(prefix, resource);

const TAGS = { Tags: 'tags change nothing in what runs here' };

/** A type of which nothing runs here, and whose properties make no difference. */
function inert(prefix: string, reason: string, properties: readonly string[], more: Partial<ResourceType> = {}): ResourceType {
  const ignores = Object.fromEntries(properties.map((property) => [property, reason]));
  return { honours: [], ignores: { ...ignores, ...TAGS }, ref: id(prefix), ...more };
}

const ADDRESSES = 'processes listen on loopback; who may connect is decided by groups, subnets, routes and endpoints';

/** Networks: what they let through is decided for every call and every connection; no packet is routed. */
export const ec2Types: ResourceTypes = {
  'AWS::EC2::VPC': {
    honours: ['CidrBlock', 'EnableDnsHostnames', 'EnableDnsSupport'],
    ignores: { InstanceTenancy: 'there are no instances', ...TAGS },
    ref: id('vpc'),
    attributes: {
      VpcId: id('vpc'),
      CidrBlock: ({ properties }) => properties.CidrBlock,
      DefaultSecurityGroup: id('sg'),
      DefaultNetworkAcl: id('acl'),
    },
  },
  'AWS::EC2::Subnet': {
    honours: ['VpcId', 'CidrBlock', 'AvailabilityZone'],
    ignores: { MapPublicIpOnLaunch: 'functions have no public address in any subnet', ...TAGS },
    ref: id('subnet'),
    attributes: {
      SubnetId: id('subnet'),
      VpcId: ({ properties }) => properties.VpcId,
      CidrBlock: ({ properties }) => properties.CidrBlock,
      AvailabilityZone: ({ properties }) => properties.AvailabilityZone,
    },
  },
  'AWS::EC2::RouteTable': { honours: ['VpcId'], ignores: TAGS, ref: id('rtb'), attributes: { RouteTableId: id('rtb') } },
  'AWS::EC2::SubnetRouteTableAssociation': {
    honours: ['RouteTableId', 'SubnetId'],
    ref: id('rtbassoc'),
    attributes: { Id: id('rtbassoc') },
  },
  'AWS::EC2::Route': {
    honours: ['RouteTableId', 'DestinationCidrBlock', 'NatGatewayId', 'GatewayId'],
    ref: ({ properties }) => `${properties.RouteTableId}|${properties.DestinationCidrBlock}`,
  },
  'AWS::EC2::InternetGateway': inert('igw', ADDRESSES, [], { attributes: { InternetGatewayId: id('igw') } }),
  'AWS::EC2::VPCGatewayAttachment': inert('vgw-attach', ADDRESSES, ['VpcId', 'InternetGatewayId'], {
    ref: ({ properties }) => `IGW|${properties.VpcId}`,
  }),
  'AWS::EC2::EIP': inert('eipalloc', ADDRESSES, ['Domain'], {
    ref: (resource) => `203.0.113.${(Number.parseInt(physicalId('e', resource).slice(-2), 16) % 254) + 1}`,
    attributes: { AllocationId: id('eipalloc') },
  }),
  'AWS::EC2::NatGateway': {
    honours: ['SubnetId'],
    ignores: { AllocationId: ADDRESSES, ConnectivityType: ADDRESSES, ...TAGS },
    ref: id('nat'),
    attributes: { NatGatewayId: id('nat') },
  },
  'AWS::EC2::SecurityGroup': {
    honours: ['VpcId', 'SecurityGroupIngress', 'SecurityGroupEgress'],
    ignores: { GroupDescription: 'text for people', GroupName: 'groups are known by their id', ...TAGS },
    ref: id('sg'),
    attributes: { GroupId: id('sg'), Id: id('sg'), VpcId: ({ properties }) => properties.VpcId },
  },
  'AWS::EC2::SecurityGroupIngress': {
    honours: ['GroupId', 'IpProtocol', 'FromPort', 'ToPort', 'CidrIp', 'CidrIpv6', 'SourceSecurityGroupId', 'SourcePrefixListId'],
    ignores: { Description: 'text for people' },
    ref: id('sgr'),
    attributes: { Id: id('sgr') },
  },
  'AWS::EC2::SecurityGroupEgress': {
    honours: [
      'GroupId',
      'IpProtocol',
      'FromPort',
      'ToPort',
      'CidrIp',
      'CidrIpv6',
      'DestinationSecurityGroupId',
      'DestinationPrefixListId',
    ],
    ignores: { Description: 'text for people' },
    ref: id('sgr'),
    attributes: { Id: id('sgr') },
  },
  'AWS::EC2::PrefixList': {
    honours: ['AddressFamily', 'Entries'],
    ignores: { MaxEntries: 'a limit for updates', PrefixListName: 'lists are known by their id', ...TAGS },
    ref: id('pl'),
    attributes: { PrefixListId: id('pl') },
  },
  'AWS::EC2::VPCEndpoint': {
    honours: [
      'VpcId',
      'ServiceName',
      'VpcEndpointType',
      'PolicyDocument',
      'PrivateDnsEnabled',
      'SecurityGroupIds',
      'SubnetIds',
      'RouteTableIds',
    ],
    ignores: { IpAddressType: ADDRESSES, ...TAGS },
    ref: id('vpce'),
    attributes: { Id: id('vpce') },
  },
};
