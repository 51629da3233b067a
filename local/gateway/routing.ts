import type { Method, PathResource } from './options';

/** A resource that a path leads to. */
export interface Match {
  readonly resource: PathResource;
  /** Values as sent, not decoded, by the names in braces; without the `+` of a greedy one. */
  readonly pathParameters: Readonly<Record<string, string>>;
}

/**
 * Finds the resource of a path: at each segment a fixed part is tried first, then a parameter, then a greedy parameter, which
 * takes the rest.
 * @param path without the stage, as sent.
 */
export function matchPath(root: PathResource, path: string): Match | undefined {
  const segments = path.split('/').slice(1);
  // One slash at the end leads to the same resource.
  if (segments.at(-1) === '') segments.pop();
  return matchSegments(root, segments, Object.create(null));
}

function matchSegments(
  resource: PathResource,
  segments: readonly string[],
  pathParameters: Readonly<Record<string, string>>,
): Match | undefined {
  const [segment, ...rest] = segments;
  if (segment === undefined) {
    // A resource without methods is only a step on the way to others.
    return Object.keys(resource.methods).length > 0 ? { resource, pathParameters } : undefined;
  }
  const fixed = resource.children.find(({ part }) => part === segment);
  const found = fixed && matchSegments(fixed, rest, pathParameters);
  if (found) return found;
  for (const child of resource.children) {
    const name = /^\{([^+}]+)\}$/.exec(child.part)?.[1];
    const match = name && segment !== '' && matchSegments(child, rest, withParameter(pathParameters, name, segment));
    if (match) return match;
  }
  for (const child of resource.children) {
    const name = /^\{([^+}]+)\+\}$/.exec(child.part)?.[1];
    if (name) return { resource: child, pathParameters: withParameter(pathParameters, name, segments.join('/')) };
  }
  return undefined;
}

/** Path parameters and one more, in an object without a prototype: their names are the template's. */
function withParameter(parameters: Match['pathParameters'], name: string, value: string): Match['pathParameters'] {
  return Object.assign(Object.create(null), parameters, { [name]: value });
}

/** The method of a resource for a request: its own, or `ANY`. */
export function methodOf(resource: PathResource, httpMethod: string): Method | undefined {
  return Object.hasOwn(resource.methods, httpMethod) ? resource.methods[httpMethod] : resource.methods.ANY;
}
