/**
 * Access string of clients: every command that they use, and none that scans all keys, changes the server or reads its
 * configuration.
 */
export const CLIENT_ACCESS = [
  'on ~* &* +@all -@admin -@dangerous',
  '+info +role +cluster|info +cluster|myid +cluster|nodes +cluster|shards +cluster|slots',
].join(' ');

/** Access string that allows nothing, of the user `default`, which every group must have. */
export const NO_ACCESS = 'off -@all';

/** Authentication of the clients of a shared tier. */
export class CacheAuthentication {
  /** A generated password in Secrets Manager, which the functions of the platform use. */
  static readonly PASSWORD = new CacheAuthentication('password');

  /**
   * A token that a role signs for itself, valid for 15 minutes; a connection lasts 12 hours. Without a secret, and so without an
   * endpoint of Secrets Manager. The client signs on each connection: `iamToken` of `cachement/runtime/shared/iam-token` does.
   */
  static readonly IAM = new CacheAuthentication('iam');

  private constructor(
    /** Value of `Type` of the user's authentication mode. */
    readonly type: 'password' | 'iam',
  ) {}
}
