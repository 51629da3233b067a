import { createHash } from 'node:crypto';
import type { Resource } from '../types';

/** The name that a property gives, or else one made of stack and logical id, so that it is the same at every start. */
export function physicalName(resource: Resource, property?: string): string {
  const given = property === undefined ? undefined : resource.properties[property];
  return typeof given === 'string' ? given : `${resource.stack}-${resource.logicalId}`;
}

/** A UUID that is always the same for the resource. */
export function physicalUuid(resource: Resource): string {
  const hex = createHash('sha256').update(`${resource.stack}/${resource.logicalId}`).digest('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20, 32)].join('-');
}
