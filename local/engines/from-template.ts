import type { Model } from '../types';
import { type DatabaseOptions, databasesFromTemplate } from './postgres/options';
import { type ReplicationGroupOptions, replicationGroupsFromTemplate } from './redis/options';

/** The engines of a template. */
export interface EnginesOptions {
  readonly databases: readonly DatabaseOptions[];
  readonly replicationGroups: readonly ReplicationGroupOptions[];
}

/**
 * Reads the engines of the resolved templates.
 * @throws where a template asks for something that can't be run here; the message names the resource and the property.
 */
export function enginesFromTemplate(model: Model): EnginesOptions {
  return { databases: databasesFromTemplate(model), replicationGroups: replicationGroupsFromTemplate(model) };
}
