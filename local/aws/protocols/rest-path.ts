import { AwsError } from '../../types';
import { unknownOperation } from './json-rpc';
import type { WireRequest } from './protocol';

/** A REST operation: method, and path with labels such as `/things/{ThingId}`. */
export interface RestRoute {
  readonly method: string;
  readonly path: string;
}

/** The route of a request, and its decoded labels. @throws {AwsError} that names method and path where there is none. */
export function match<R extends RestRoute>(
  routes: Readonly<Record<string, R>>,
  request: WireRequest,
  service: string,
): { operation: string; route: R; labels: Record<string, string> } {
  const parts = request.path.replace(/(?<=.)\/$/, '').split('/');
  for (const [operation, route] of Object.entries(routes)) {
    const wanted = route.path.split('/');
    if (route.method !== request.method || wanted.length !== parts.length) continue;
    const labels: Record<string, string> = {};
    const fits = wanted.every((part, index) => {
      const label = /^\{(\w+)\}$/.exec(part)?.[1];
      if (label === undefined) return part === parts[index];
      labels[label] = decodeLabel(parts[index]!);
      return parts[index] !== '';
    });
    if (fits) return { operation, route, labels };
  }
  const known = Object.entries(routes).map(([operation, route]) => `${operation} (${route.method} ${route.path})`);
  throw unknownOperation(
    `${request.method} ${request.path.slice(0, 200)} of ${service} is not run here; run are: ${known.join(', ') || 'none'}`,
  );
}

function decodeLabel(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new AwsError('SerializationException', `the path is not validly encoded: '${text.slice(0, 100)}'`);
  }
}
