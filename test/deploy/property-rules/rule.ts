import type { Json } from '../assembly';
import { mentions, type Resource } from '../resources';

/** A rule that a service applies to the properties of one resource, and that only its documentation has. */
export interface PropertyRule {
  readonly id: string;
  readonly types: readonly string[];
  /** Page of AWS's documentation, or a report where there is none. */
  readonly source: string;
  /** @returns what the service would refuse; undefined where nothing. */
  problem(properties: Readonly<Record<string, Json>>, resource: Resource, all: readonly Resource[]): string | undefined;
}

/** Resources of a type that a value names. */
export const named = (all: readonly Resource[], type: string, value: Json): Resource[] =>
  all.filter((other) => other.type === type && mentions(value, other.address));
