import type { Route } from '../route';

/** A method other than reading that a path answers, such as `PATCH`. */
export interface WriteOperation {
  /** The route whose path it is on. */
  readonly route: Route;
  readonly method: 'DELETE' | 'PATCH' | 'POST' | 'PUT';
}

/** @returns the path with every parameter's name taken out: two paths with the same shape answer the same requests. */
export const pathShape = (path: string): string => path.replace(/\{[^}]+\}/g, '*');

/**
 * Checks what only shows when all routes are seen together.
 *
 * @throws {RangeError} that names both routes.
 */
export function checkRoutes(routes: readonly Route[], writes: readonly WriteOperation[] = []): void {
  const names = new Map<string, Route>();
  const shapes = new Map<string, Route>();
  for (const route of routes) {
    const sameName = names.get(route.name);
    if (sameName) {
      throw new RangeError(`'name' of each route must be its own, got: '${route.name}' for ${sameName.path} and ${route.path}`);
    }
    const sameShape = shapes.get(pathShape(route.path));
    if (sameShape) {
      throw new RangeError(
        `'path' of each route must answer requests of its own, got: '${route.path}' of '${route.name}' beside '${sameShape.path}' of '${sameShape.name}'`,
      );
    }
    names.set(route.name, route);
    shapes.set(pathShape(route.path), route);
  }
  for (const { route, method } of writes) {
    if (!routes.includes(route)) {
      throw new RangeError(`'writes' must be on declared routes, got: ${method} ${route.path}; add the route to 'routes'`);
    }
  }
}
