/** Longest path of a purge, in characters; CloudFront takes 4000, and one event must hold many. */
const MAX_PATH_LENGTH = 1024;

/** Characters that CloudFront takes in a path, without encoding, and a wildcard in the end only. */
const PATH = /^\/[\]!$%&'()+,./0-9:;=?@A-Z[_a-z~-]*[*]?$/;

/** Problem with a path to purge at the edge. @returns undefined where it is valid. */
export function pathProblem(path: unknown): string | undefined {
  if (typeof path !== 'string') return `a path must be a string, got: ${typeof path}`;
  if (path.length > MAX_PATH_LENGTH) return `a path must be at most ${MAX_PATH_LENGTH} characters, got: ${path.length}`;
  if (!PATH.test(path)) {
    return `a path must begin with '/', be percent-encoded, and have '*' in the end only, got: ${JSON.stringify(path)}`;
  }
  return undefined;
}
