import type { Route } from '../route';

/** HTTP method other than reading. */
export type WriteMethod = 'DELETE' | 'PATCH' | 'POST' | 'PUT';

/** A method other than reading that a path answers, such as `PATCH`. */
export interface WriteOperation {
  /** Route that has the path. */
  readonly route: Route;
  /** HTTP method, in upper case. */
  readonly method: WriteMethod;
}

/** @returns the path without the names of its parameters: two paths with the same shape answer the same requests. */
export const pathShape = (path: string): string => path.replace(/\{[^}]+\}/g, '*');

/** Declared routes, checked against each other as they are added. */
export class DeclaredRoutes {
  readonly #names = new Map<string, Route>();
  readonly #shapes = new Map<string, Route>();

  /** Routes in the order in which they were added. */
  get all(): Route[] {
    return [...this.#names.values()];
  }

  /**
   * Adds a route.
   *
   * @throws {RangeError} that names both routes, where one has the name or answers the requests of another.
   */
  add(route: Route): void {
    const sameName = this.#names.get(route.name);
    if (sameName) {
      throw new RangeError(
        `'name' of each route must be its own, got: '${route.name}' for ${sameName.path} and ${route.path}; rename one of them`,
      );
    }
    const sameShape = this.#shapes.get(pathShape(route.path));
    if (sameShape) {
      throw new RangeError(
        `'path' of each route must answer requests of its own, got: '${route.path}' of '${route.name}' beside '${sameShape.path}' of '${sameShape.name}'; change one of them`,
      );
    }
    this.#names.set(route.name, route);
    this.#shapes.set(pathShape(route.path), route);
  }
}

/**
 * Checks that the routes of all writes are declared.
 *
 * @throws {RangeError} that names the write whose route isn't declared.
 */
export function checkWrites(routes: readonly Route[], writes: readonly WriteOperation[]): void {
  for (const { route, method } of writes) {
    if (!routes.includes(route)) {
      throw new RangeError(`'writes' must be on declared routes, got: ${method} ${route.path}; add the route to 'routes'`);
    }
  }
}
