import { createHash } from 'node:crypto';
import type { Resource } from '../types';

/** The name that a property gives, or else one made of stack and logical id, so that it is the same at every start. */
export function physicalName(resource: Resource, property?: string): string {
  const given = property === undefined ? undefined : resource.properties[property];
  return typeof given === 'string' ? given : `${resource.stack}-${resource.logicalId}`;
}

/** UUID that is always the same for the resource. */
export function physicalUuid(resource: Resource): string {
  return uuidOf(`${resource.stack}/${resource.logicalId}`);
}

/** UUID that is always the same for the text, in the form of version 4. */
export function uuidOf(text: string): string {
  const hex = createHash('sha256').update(text).digest('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
