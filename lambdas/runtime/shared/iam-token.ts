import { checkText } from '../arguments';
import type { Credentials } from '../connection/redis-client';
import { type AwsCredentials, basicTime, canonicalQuery, scopeText, signatureV4 } from './signature-v4';

export type { AwsCredentials };

/** Options of {@link iamToken}. */
export interface IamTokenOptions {
  /** Id of the user in ElastiCache, which is also its name. */
  readonly user: string;
  /** Id of the replication group, or name of the serverless cache. */
  readonly cache: string;
  /** Region of the cache, such as `eu-central-1`. */
  readonly region: string;
  /**
   * True where the cache is serverless.
   * @default false
   */
  readonly serverless?: boolean;
  /**
   * Source of AWS credentials, asked for before each connection: one of `@aws-sdk/credential-providers`, or the variables of a
   * Lambda environment. They must be allowed `elasticache:Connect` on the cache and on the user.
   */
  readonly credentials: () => AwsCredentials | Promise<AwsCredentials>;
  /**
   * Time of a signature; for tests.
   * @default - the system's time
   */
  readonly now?: () => Date;
}

/** Validity of a token, in seconds: the longest that ElastiCache takes. A connection that was signed in by one lasts 12 hours. */
const VALID_SECONDS = 900;

/**
 * Source of credentials of a shared tier whose user signs in by IAM. Each connection is signed in by a token of its own, so that
 * one which outlives its token is made again without anybody's doing.
 *
 * @throws {CacheError} `E_INVALID_ARGUMENT` where an option is missing.
 * @see https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/auth-iam.html
 */
export function iamToken(options: IamTokenOptions): () => Promise<Credentials> {
  for (const name of ['user', 'cache', 'region'] as const) checkText(name, options[name], /^[\w.-]+$/, 'a name');
  const { user, cache, region, serverless = false, now = () => new Date() } = options;
  // ElastiCache keeps names in lower case, and signs them so.
  const host = cache.toLowerCase();
  return async () => {
    const credentials = await options.credentials();
    const scope = { credentials, region, service: 'elasticache', now: now() };
    const url = new URL(`http://${host}/`);
    const query = {
      Action: 'connect',
      User: user,
      ...(serverless && { ResourceType: 'ServerlessCache' }),
      'X-Amz-Algorithm': 'AWS4-HMAC-SHA256',
      'X-Amz-Credential': `${credentials.accessKeyId}/${scopeText(scope)}`,
      'X-Amz-Date': basicTime(scope.now),
      'X-Amz-Expires': String(VALID_SECONDS),
      ...(credentials.sessionToken && { 'X-Amz-Security-Token': credentials.sessionToken }),
      'X-Amz-SignedHeaders': 'host',
    };
    for (const [name, value] of Object.entries(query)) url.searchParams.append(name, value);
    const signature = signatureV4(url, { host }, scope);
    // The token is the URL without its scheme.
    return { username: user, password: `${host}/?${canonicalQuery(url)}&X-Amz-Signature=${signature}` };
  };
}
