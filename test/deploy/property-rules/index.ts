import type { Problem } from '../problem';
import type { Resource } from '../resources';
import { CACHE_RULES } from './elasticache';
import { GATEWAY_AND_EDGE_RULES } from './gateway-and-edge';
import { FUNCTION_AND_EVENT_RULES } from './others';
import { DATABASE_RULES } from './rds';
import type { PropertyRule } from './rule';

/** Rules that services apply to properties, and that only their documentation has. */
export const PROPERTY_RULES: readonly PropertyRule[] = [
  ...CACHE_RULES,
  ...DATABASE_RULES,
  ...GATEWAY_AND_EDGE_RULES,
  ...FUNCTION_AND_EVENT_RULES,
];

/** Rules of {@link PROPERTY_RULES} that a service would refuse a resource by. */
export function propertyProblems(resources: readonly Resource[]): Problem[] {
  return resources.flatMap((resource) =>
    PROPERTY_RULES.filter(({ types }) => types.includes(resource.type)).flatMap(({ id, source, problem }) => {
      const text = problem(resource.properties, resource, resources);
      return text === undefined ? [] : [{ rule: id, address: resource.address, text: `${text} (${source})` }];
    }),
  );
}
