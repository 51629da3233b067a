/** Major and minor version; ElastiCache chooses the patch version. */
const VERSION = /^\d+\.\d+$/;

/**
 * Engine of a shared tier: its type, its version and the family of its parameter group.
 *
 * @see https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/engine-versions.html
 */
export class CacheEngine {
  /** Redis OSS 7.1, the last one that ElastiCache offers under that name. */
  static readonly REDIS_7_1 = new CacheEngine('redis', '7.1', 'redis7');

  /** Valkey 7.2. */
  static readonly VALKEY_7_2 = new CacheEngine('valkey', '7.2', 'valkey7');

  /** Valkey 8.0. */
  static readonly VALKEY_8_0 = new CacheEngine('valkey', '8.0', 'valkey8');

  /** Valkey 8.1. */
  static readonly VALKEY_8_1 = new CacheEngine('valkey', '8.1', 'valkey8');

  /** Valkey 8.2. */
  static readonly VALKEY_8_2 = new CacheEngine('valkey', '8.2', 'valkey8');

  /** Valkey 9.0, the first with `durability`. */
  static readonly VALKEY_9_0 = new CacheEngine('valkey', '9.0', 'valkey9');

  /** Valkey 9.1. */
  static readonly VALKEY_9_1 = new CacheEngine('valkey', '9.1', 'valkey9');

  /**
   * Any other version. The family is named as `aws elasticache describe-cache-engine-versions` shows it.
   *
   * @throws {RangeError} where the version isn't one, or the family is of another version.
   */
  static of(type: 'redis' | 'valkey', version: string, parameterGroupFamily: string): CacheEngine {
    if (!VERSION.test(version)) {
      throw new RangeError(`cache engine: 'version' must be such as '8.0', got: '${version}'; give major and minor`);
    }
    const family = `${type}${version.split('.')[0]}`;
    if (parameterGroupFamily !== family) {
      throw new RangeError(
        `cache engine: 'parameterGroupFamily' must be that of ${type} ${version}, got: '${parameterGroupFamily}'; set it to '${family}'`,
      );
    }
    return new CacheEngine(type, version, parameterGroupFamily);
  }

  private constructor(
    /** Value of `Engine` of the replication group, the users and the user group, which must be the same. */
    readonly type: 'redis' | 'valkey',
    /** Version, such as `8.0`. */
    readonly version: string,
    /** Family of its parameter groups, such as `valkey8`. */
    readonly parameterGroupFamily: string,
  ) {}
}
