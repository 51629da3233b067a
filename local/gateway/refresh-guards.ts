import { AwsError } from '../types';
import { decodeResourcePath } from './method-settings';
import type { Method, RefreshGuard, UnauthorizedRefresh } from './options';

/** One operation of a patch, as `UpdateStage` takes it. */
export interface PatchOperation {
  readonly op?: string;
  readonly path?: string;
  readonly value?: string;
}

/** Guard of a stage that CloudFormation made, as `GetStage` shows it. */
const DEFAULT: RefreshGuard = { required: true, unauthorized: 'SUCCEED_WITH_RESPONSE_HEADER' };

const STRATEGIES = ['FAIL_WITH_403', 'SUCCEED_WITH_RESPONSE_HEADER', 'SUCCEED_WITHOUT_RESPONSE_HEADER'];

/** Resource path, method and setting of a patch; slashes within the path are written `~1`. */
const PATCHED =
  /^\/(\*|~1[^/]*)\/([A-Z*]+)\/caching\/(requireAuthorizationForCacheControl|unauthorizedCacheControlHeaderStrategy)$/;

/** Guards of a stage's cache keys: method by method, or for all. */
export class RefreshGuards {
  readonly #guards = new Map<string, Partial<RefreshGuard>>();

  /** @throws {AwsError} of a patch that isn't run here, or that API Gateway would refuse; nothing is changed then. */
  patch(operations: readonly PatchOperation[]): void {
    const changes = operations.map(({ op, path = '', value = '' }) => {
      const [, resource, method, setting] = PATCHED.exec(path) ?? [];
      if (op !== 'replace' || resource === undefined) {
        throw new AwsError(
          'BadRequestException',
          `Invalid patch path, or one that is not run here: ${op} ${path}; run is replace of the caching settings of a refresh`,
        );
      }
      return { key: `${decodeResourcePath(`/${resource}`)} ${method}`, change: changeOf(setting as string, value) };
    });
    for (const { key, change } of changes) this.#guards.set(key, { ...this.#guards.get(key), ...change });
  }

  of({ resourcePath, httpMethod }: Pick<Method, 'resourcePath' | 'httpMethod'>): RefreshGuard {
    return { ...DEFAULT, ...this.#guards.get('/* *'), ...this.#guards.get(`${resourcePath} ${httpMethod}`) };
  }
}

function changeOf(setting: string, value: string): Partial<RefreshGuard> {
  if (setting === 'requireAuthorizationForCacheControl' && ['true', 'false'].includes(value))
    return { required: value === 'true' };
  if (setting === 'unauthorizedCacheControlHeaderStrategy' && STRATEGIES.includes(value)) {
    return { unauthorized: value as UnauthorizedRefresh };
  }
  throw new AwsError('BadRequestException', `Invalid value for ${setting}: ${value}`);
}
