import type { Route } from '../route';

/** What a request may do other than read. */
export type WriteMethod = 'DELETE' | 'PATCH' | 'POST' | 'PUT';

/** A method other than reading that a path answers, such as `PATCH`. */
export interface WriteOperation {
  /** The route whose path it is on. */
  readonly route: Route;
  /** HTTP method, in upper case. */
  readonly method: WriteMethod;
}

/** @returns the path with every parameter's name taken out: two paths with the same shape answer the same requests. */
export const pathShape = (path: string): string => path.replace(/\{[^}]+\}/g, '*');

/** Routes that are declared one after the other, and what only shows when they are seen together. */
export class DeclaredRoutes {
  private readonly names = new Map<string, Route>();
  private readonly shapes = new Map<string, Route>();

  /** In the order that they were added in. */
  get all(): Route[] {
    return [...this.names.values()];
  }

  /**
   * Adds one.
   *
   * @throws {RangeError} that names both routes, where one has the name or answers the requests of another.
   */
  add(route: Route): void {
    const sameName = this.names.get(route.name);
    if (sameName) {
      throw new RangeError(
        `'name' of each route must be its own, got: '${route.name}' for ${sameName.path} and ${route.path}; rename one of them`,
      );
    }
    const sameShape = this.shapes.get(pathShape(route.path));
    if (sameShape) {
      throw new RangeError(
        `'path' of each route must answer requests of its own, got: '${route.path}' of '${route.name}' beside '${sameShape.path}' of '${sameShape.name}'; change one of them`,
      );
    }
    this.names.set(route.name, route);
    this.shapes.set(pathShape(route.path), route);
  }
}

/**
 * Checks what is written against what is declared.
 *
 * @throws {RangeError} that names the write whose route isn't there.
 */
export function checkWrites(routes: readonly Route[], writes: readonly WriteOperation[]): void {
  for (const { route, method } of writes) {
    if (!routes.includes(route)) {
      throw new RangeError(`'writes' must be on declared routes, got: ${method} ${route.path}; add the route to 'routes'`);
    }
  }
}
