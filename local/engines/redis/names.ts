import type { Environment, Resource } from '../../types';

/** ElastiCache's limit for the length of a replication group's id. */
const MAX_GROUP_ID_LENGTH = 40;

/** Name of the port of the first node, which is the configuration endpoint's. */
export function portName({ stack, logicalId }: Resource): string {
  return `redis:${stack}/${logicalId}`;
}

/** The group's id: the template's, or one made of stack and logical id; in lower case, as ElastiCache keeps it. */
export function groupId(resource: Resource): string {
  return named(resource, 'ReplicationGroupId').slice(0, MAX_GROUP_ID_LENGTH);
}

/** Name of a serverless cache: the template's, or one made of stack and logical id. */
export function serverlessCacheName(resource: Resource): string {
  return named(resource, 'ServerlessCacheName').slice(0, MAX_GROUP_ID_LENGTH);
}

export function groupArn(id: string, { region, account }: Environment): string {
  return `arn:aws:elasticache:${region}:${account}:replicationgroup:${id}`;
}

/** A lower-case name: the property's, or one made of stack and logical id. */
export function named(resource: Resource, property: string): string {
  return String(resource.properties[property] ?? `${resource.stack}-${resource.logicalId}`).toLowerCase();
}
