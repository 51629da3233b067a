import type { Environment, Resource } from '../../types';

/** RDS's limit for the length of an instance's identifier. */
const MAX_IDENTIFIER_LENGTH = 63;

/** Name of the server's port, process and log. */
export function portName({ stack, logicalId }: Resource): string {
  return `postgres:${stack}/${logicalId}`;
}

/** The instance's identifier: the template's, or one made of stack and logical id; in lower case, as RDS keeps it. */
export function instanceIdentifier(resource: Resource): string {
  const name: string =
    resource.properties.DBInstanceIdentifier ?? `${resource.stack}-${resource.logicalId}`.slice(0, MAX_IDENTIFIER_LENGTH);
  return name.toLowerCase();
}

export function instanceArn(resource: Resource, { region, account }: Environment): string {
  return `arn:aws:rds:${region}:${account}:db:${instanceIdentifier(resource)}`;
}
