import type { Model, Resource } from '../../types';
import { type AclUser, aclUser } from './acl';
import { groupArn, groupId, portName } from './names';

/** A Redis Cluster. */
export interface ReplicationGroupOptions {
  /** `redis:<stack>/<logical id>`. */
  readonly name: string;
  readonly id: string;
  readonly arn: string;
  readonly shards: readonly ShardOptions[];
  /** Of its parameter group. */
  readonly parameters: Readonly<Record<string, string>>;
  readonly tls: boolean;
  readonly automaticFailover: boolean;
  readonly users: readonly AclUser[];
}

/** A range of slots, and the nodes that hold it; the first one begins as the primary. */
export interface ShardOptions {
  /** `0001` and on, or the template's. */
  readonly id: string;
  /** Such as `0-5461`. */
  readonly slots: string;
  readonly nodes: readonly NodeOptions[];
}

/** One process of a cluster. */
export interface NodeOptions {
  /** `<group's name>:<shard>-<node>`: the name of its process and its log. */
  readonly name: string;
  /** As ElastiCache calls it: `<group's id>-<shard>-<node>`. */
  readonly cacheClusterId: string;
  readonly port: number;
  /** Port of the cluster bus. */
  readonly busPort: number;
}

/** The number of slots of every Redis Cluster. */
export const SLOTS = 16_384;

export function replicationGroupsFromTemplate(model: Model): ReplicationGroupOptions[] {
  return model.resources('AWS::ElastiCache::ReplicationGroup').map((resource) => {
    const { properties } = resource;
    const parameters = parametersOf(resource, model);
    requireCluster(resource, parameters);
    if (properties.TransitEncryptionMode === 'preferred') {
      throw unsupported(resource, 'TransitEncryptionMode', 'preferred', "must be 'required'");
    }
    return {
      name: portName(resource),
      id: groupId(resource),
      arn: groupArn(groupId(resource), model.environment),
      shards: shards(resource, model),
      parameters,
      tls: isTrue(properties.TransitEncryptionEnabled),
      automaticFailover: properties.AutomaticFailoverEnabled === undefined || isTrue(properties.AutomaticFailoverEnabled),
      users: users(resource, model),
    };
  });
}

function shards(resource: Resource, model: Model): ShardOptions[] {
  const { NumNodeGroups, ReplicasPerNodeGroup, NodeGroupConfiguration } = resource.properties;
  const configured: Record<string, unknown>[] = NodeGroupConfiguration ?? [];
  const count = Number(NumNodeGroups ?? (configured.length || 1));
  return Array.from({ length: count }, (_, index) => {
    const own = configured[index] ?? {};
    const id = String(own.NodeGroupId ?? number(index + 1));
    const [first, last] = [index, index + 1].map((part) => Math.round((part * SLOTS) / count));
    const replicas = Number(own.ReplicaCount ?? ReplicasPerNodeGroup ?? 1);
    return {
      id,
      slots: String(own.Slots ?? `${first}-${last! - 1}`),
      nodes: Array.from({ length: replicas + 1 }, (_, member) => node(resource, model, id, member, index === 0 && member === 0)),
    };
  });
}

function node(resource: Resource, model: Model, shard: string, member: number, first: boolean): NodeOptions {
  const suffix = `${shard}-${number(member + 1, 3)}`;
  const name = `${portName(resource)}:${suffix}`;
  const { environment } = model;
  return {
    name,
    cacheClusterId: `${groupId(resource)}-${suffix}`,
    port: environment.port(first ? portName(resource) : name),
    busPort: environment.port(`${name}:bus`),
  };
}

const number = (value: number, length = 4): string => String(value).padStart(length, '0');

function parametersOf(resource: Resource, model: Model): Record<string, string> {
  const name: string | undefined = resource.properties.CacheParameterGroupName;
  if (name === undefined) return {};
  if (name.startsWith('default.')) return { 'cluster-enabled': name.endsWith('.cluster.on') ? 'yes' : 'no' };
  const group = model.find('AWS::ElastiCache::ParameterGroup', name);
  if (!group) throw unsupported(resource, 'CacheParameterGroupName', name, 'must name a parameter group of the template');
  return Object.fromEntries(Object.entries(group.properties.Properties ?? {}).map(([key, value]) => [key, String(value)]));
}

/** A group with cluster mode disabled is another product to a client: no slots, and an endpoint that follows the primary. */
function requireCluster(resource: Resource, parameters: Record<string, string>): void {
  const { ClusterMode } = resource.properties;
  if (ClusterMode !== 'enabled' && parameters['cluster-enabled'] !== 'yes') {
    throw unsupported(
      resource,
      'CacheParameterGroupName',
      resource.properties.CacheParameterGroupName,
      "must name a group with 'cluster-enabled', because only cluster mode is run here",
    );
  }
}

function users(resource: Resource, model: Model): AclUser[] {
  const { UserGroupIds, AuthToken } = resource.properties;
  if (AuthToken !== undefined)
    return [aclUser({ name: 'default', accessString: 'on ~* &* +@all', passwords: [String(AuthToken)] })];
  if (UserGroupIds === undefined) return [aclUser({ name: 'default', accessString: 'on ~* &* +@all', passwords: undefined })];
  return (UserGroupIds as string[]).flatMap((groupReference) => {
    const group = model.find('AWS::ElastiCache::UserGroup', groupReference);
    if (!group) throw unsupported(resource, 'UserGroupIds', groupReference, 'must name user groups of the template');
    return ((group.properties.UserIds ?? []) as string[]).map((reference) => {
      const user = model.find('AWS::ElastiCache::User', reference);
      if (user) return fromUser(user);
      // Every account has this one from the start.
      if (reference === 'default') return aclUser({ name: 'default', accessString: 'on ~* &* +@all', passwords: undefined });
      throw unsupported(group, 'UserIds', reference, "must name users of the template, or 'default'");
    });
  });
}

function fromUser(user: Resource): AclUser {
  const { UserName, AccessString, AuthenticationMode, NoPasswordRequired, Passwords } = user.properties;
  const type: string | undefined = AuthenticationMode?.Type;
  if (type === 'iam')
    throw unsupported(
      user,
      'AuthenticationMode.Type',
      type,
      "must be 'password' here: there is no IAM that a local server could ask",
    );
  const open = type === 'no-password-required' || isTrue(NoPasswordRequired);
  const passwords: string[] | undefined = open ? undefined : (AuthenticationMode?.Passwords ?? Passwords);
  if (!open && !passwords?.length) throw unsupported(user, 'Passwords', passwords, 'is needed');
  return aclUser({ name: UserName, accessString: AccessString ?? 'off', passwords });
}

/** CloudFormation takes booleans as text too. */
const isTrue = (value: unknown): boolean => value === true || value === 'true';

function unsupported({ stack, logicalId }: Resource, property: string, value: unknown, rule: string): Error {
  return new Error(`'${property}' of ${stack}/${logicalId} ${rule}, got: '${value}'`);
}
