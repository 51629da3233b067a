import type { Model, Resource } from '../../types';
import { type AclUser, aclUser } from './acl';
import { groupArn, groupId, portName, serverlessCacheName } from './names';

/** A shared tier: a replication group, or a serverless cache. */
export interface ReplicationGroupOptions {
  /** `redis:<stack>/<logical id>`. */
  readonly name: string;
  readonly id: string;
  /** ARN of a replication group; undefined of a serverless cache, which no operation on groups knows. */
  readonly arn?: string;
  /** False of a single node that is no cluster. */
  readonly clusterMode: boolean;
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

/** Every shared tier of the template. @throws {Error} of one that isn't run here, with the property. */
export function replicationGroupsFromTemplate(model: Model): ReplicationGroupOptions[] {
  return [...replicationGroups(model), ...serverlessCaches(model)];
}

function replicationGroups(model: Model): ReplicationGroupOptions[] {
  return model.resources('AWS::ElastiCache::ReplicationGroup').map((resource) => {
    const { properties } = resource;
    const parameters = parametersOf(resource, model);
    const clusterMode = properties.ClusterMode === 'enabled' || parameters['cluster-enabled'] === 'yes';
    if (!clusterMode) requireSingleNode(resource);
    if (properties.TransitEncryptionMode === 'preferred') {
      throw unsupported(resource, 'TransitEncryptionMode', 'preferred', "must be 'required'");
    }
    return {
      name: portName(resource),
      id: groupId(resource),
      arn: groupArn(groupId(resource), model.environment),
      clusterMode,
      shards: shards(resource, model),
      parameters,
      tls: isTrue(properties.TransitEncryptionEnabled),
      automaticFailover: properties.AutomaticFailoverEnabled === undefined || isTrue(properties.AutomaticFailoverEnabled),
      users: users(resource, model),
    };
  });
}

/**
 * A serverless cache as a client sees it: a cluster behind one endpoint, with TLS always.
 * @see https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/WhatIs.deployment.html
 */
function serverlessCaches(model: Model): ReplicationGroupOptions[] {
  return model.resources('AWS::ElastiCache::ServerlessCache').map((resource) => {
    const { Engine, UserGroupId } = resource.properties;
    if (Engine === 'memcached') throw unsupported(resource, 'Engine', Engine, "must be 'valkey' or 'redis'");
    return {
      name: portName(resource),
      id: serverlessCacheName(resource),
      clusterMode: true,
      shards: [
        { id: '0001', slots: `0-${SLOTS - 1}`, nodes: [node(resource, model, serverlessCacheName(resource), '0001', 0, true)] },
      ],
      parameters: {},
      tls: true,
      automaticFailover: false,
      users: UserGroupId === undefined ? defaultUser(undefined) : usersOfGroups(resource, [String(UserGroupId)], model),
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
      nodes: Array.from({ length: replicas + 1 }, (_, member) =>
        node(resource, model, groupId(resource), id, member, index === 0 && member === 0),
      ),
    };
  });
}

function node(resource: Resource, model: Model, owner: string, shard: string, member: number, first: boolean): NodeOptions {
  const suffix = `${shard}-${number(member + 1, 3)}`;
  const name = `${portName(resource)}:${suffix}`;
  const { environment } = model;
  return {
    name,
    cacheClusterId: `${owner}-${suffix}`,
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

/** Without cluster mode, an endpoint follows the primary from node to node, and addresses of this machine don't move. */
function requireSingleNode(resource: Resource): void {
  const { NumNodeGroups, NumCacheClusters, ReplicasPerNodeGroup } = resource.properties;
  const replicas = Number(ReplicasPerNodeGroup ?? (NumCacheClusters === undefined ? 1 : NumCacheClusters - 1));
  if (Number(NumNodeGroups ?? 1) === 1 && replicas === 0) return;
  throw unsupported(
    resource,
    'ReplicasPerNodeGroup',
    ReplicasPerNodeGroup,
    'must be 0 here without cluster mode, since no endpoint follows a primary on this machine; turn cluster mode on, or leave the replicas out on this machine',
  );
}

function users(resource: Resource, model: Model): AclUser[] {
  const { UserGroupIds, AuthToken } = resource.properties;
  if (UserGroupIds === undefined) return defaultUser(AuthToken === undefined ? undefined : [String(AuthToken)]);
  return usersOfGroups(resource, UserGroupIds, model);
}

/** The user that every account has from the start. */
function defaultUser(passwords: readonly string[] | undefined): AclUser[] {
  return [aclUser({ name: 'default', accessString: 'on ~* &* +@all', passwords })];
}

function usersOfGroups(resource: Resource, groups: readonly string[], model: Model): AclUser[] {
  return groups.flatMap((groupReference) => {
    const group = model.find('AWS::ElastiCache::UserGroup', groupReference);
    if (!group) throw unsupported(resource, 'UserGroupIds', groupReference, 'must name user groups of the template');
    return ((group.properties.UserIds ?? []) as string[]).flatMap((reference) => {
      const user = model.find('AWS::ElastiCache::User', reference);
      if (user) return fromUser(user);
      if (reference === 'default') return defaultUser(undefined);
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
      "must be 'password' here, since no server of Redis checks a signed token; make it one where the app's context 'stage' is 'local'",
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
