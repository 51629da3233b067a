import * as path from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Route } from '../lib/route';
import { UsageError } from './arguments';

/** Option and variable that name the module of the routes. */
export const ROUTES_OPTION = '--routes FILE, or CACHEMENT_ROUTES';

/** Node.js loads TypeScript itself since 22.18: https://nodejs.org/api/typescript.html */
const FORMATS = "a module that Node.js can load, TypeScript from 22.18 on, or before it with NODE_OPTIONS='--import tsx'";

/**
 * Reads the routes that a module exports, each as a value of its own or in a list.
 *
 * @param file from the current folder.
 * @throws {UsageError} where it can't be loaded, or exports no route.
 */
export async function loadRoutes(file: string): Promise<Route[]> {
  let exported: object;
  try {
    exported = await import(pathToFileURL(path.resolve(file)).href);
  } catch (error) {
    throw new UsageError(`'--routes' must be ${FORMATS}, got: '${file}'; ${(error as Error).message}`, { cause: error });
  }
  // A script that is imported has its exports once by their names and once as `default`.
  const values = Object.values(exported).flatMap((value) => (isModule(value) ? Object.values(value) : [value]));
  const routes = new Map(
    values
      .flat()
      .filter(isRoute)
      .map((route) => [route.name, route]),
  );
  if (routes.size === 0) {
    throw new UsageError(
      `'--routes' must export what 'defineRoute' returns, got: '${file}', which exports no route; name another module`,
    );
  }
  return [...routes.values()];
}

const isModule = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !isRoute(value);

/** Not by its class: the module has a copy of the package of its own. */
function isRoute(value: unknown): value is Route {
  if (typeof value !== 'object' || value === null) return false;
  const { name, path, tags, pathParameters } = value as Partial<Route>;
  return typeof name === 'string' && typeof path === 'string' && Array.isArray(tags) && Array.isArray(pathParameters);
}
