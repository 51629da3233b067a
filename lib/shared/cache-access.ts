/** Everything a client does, and no command that looks at all keys, changes the server or reads its configuration. */
export const CLIENT_ACCESS = [
  'on ~* &* +@all -@admin -@dangerous',
  '+info +role +cluster|info +cluster|myid +cluster|nodes +cluster|shards +cluster|slots',
].join(' ');

/** An access that allows nothing. Every group must have a user named `default`; this one can't be used. */
export const NO_ACCESS = 'off -@all';

/** How clients of a shared tier say who they are. */
export class CacheAuthentication {
  /** By a generated password in Secrets Manager. What the functions of the platform use. */
  static readonly PASSWORD = new CacheAuthentication('password');

  /**
   * By a token that a role signs for itself, valid for 15 minutes; a connection lasts 12 hours. Without a secret, and so without an endpoint
   * of Secrets Manager. The client must sign on each connection, which ioredis can't; node-redis and valkey-glide can.
   */
  static readonly IAM = new CacheAuthentication('iam');

  private constructor(
    /** As `Type` of the user's authentication mode. */
    readonly type: 'password' | 'iam',
  ) {}
}
