import * as variables from '../../lib/contract/variables';

/**
 * The only file that reads `process.env`. Each function takes what it needs from here, once, while its module loads, so that a
 * missing variable stops the first invocation with its name instead of a later one with a puzzle.
 */

/** A server's address. */
export interface Address {
  readonly host: string;
  readonly port: number;
}

/**
 * Typed access to a set of variables.
 *
 * @throws {Error} from each getter, naming the variable, where it is missing or malformed. The message never contains another
 * variable.
 */
export class Environment {
  readonly #variables: Readonly<Record<string, string | undefined>>;

  constructor(values: Readonly<Record<string, string | undefined>>) {
    this.#variables = values;
  }

  /** The primary. */
  get databaseWriter(): Address {
    return this.#address(variables.DATABASE_WRITER);
  }

  /** The replicas, in no order; may be empty. */
  get databaseReaders(): Address[] {
    const list = this.#variables[variables.DATABASE_READERS] ?? '';
    return list
      .split(',')
      .map((text) => text.trim())
      .filter((text) => text !== '')
      .map((text) => address(variables.DATABASE_READERS, text));
  }

  get databaseName(): string {
    return this.#text(variables.DATABASE_NAME);
  }

  /** The secret of the role that this function connects with. */
  get databaseSecretArn(): string {
    return this.#text(variables.DATABASE_SECRET_ARN);
  }

  /** The secret of the role that the migration gives to read functions. */
  get databaseReaderSecretArn(): string {
    return this.#text(variables.DATABASE_READER_SECRET_ARN);
  }

  /** The secret of the role that the migration gives to writing functions. */
  get databaseWriterSecretArn(): string {
    return this.#text(variables.DATABASE_WRITER_SECRET_ARN);
  }

  /** The secret of the role that the migration gives to the functions of the purge path. */
  get databaseKeeperSecretArn(): string {
    return this.#text(variables.DATABASE_KEEPER_SECRET_ARN);
  }

  /** Connections per environment and server. */
  get databasePoolSize(): number {
    return this.#wholeNumber(variables.DATABASE_POOL_SIZE, 1);
  }

  /** Address, secret and prefix of keys of the shared tier, or of the tier for state. */
  sharedTier(tier: 'cache' | 'state'): { readonly endpoint: Address; readonly secretArn: string; readonly namespace: string } {
    const state = tier === 'state';
    return {
      endpoint: this.#address(state ? variables.STATE_ENDPOINT : variables.SHARED_ENDPOINT),
      secretArn: this.#text(state ? variables.STATE_SECRET_ARN : variables.SHARED_SECRET_ARN),
      namespace: this.#text(state ? variables.STATE_NAMESPACE : variables.CACHE_NAMESPACE),
    };
  }

  /** True where state is in the shared tier. */
  get isStateShared(): boolean {
    const { STATE_ENDPOINT, STATE_NAMESPACE, SHARED_ENDPOINT, CACHE_NAMESPACE } = variables;
    const [state, shared] = [this.#variables[STATE_ENDPOINT], this.#variables[SHARED_ENDPOINT]];
    return state === shared && this.#variables[STATE_NAMESPACE] === this.#variables[CACHE_NAMESPACE];
  }

  get busName(): string {
    return this.#text(variables.BUS_NAME);
  }

  /** Drain, in seconds: how long the inner tiers may serve an old value after the shared tier's acknowledgement. */
  get drainSeconds(): number {
    return this.#wholeNumber(variables.DRAIN_SECONDS, 0);
  }

  /** Time in which purges share a flush of the gateway, in milliseconds. */
  get gatewayWindowMs(): number {
    return this.#wholeNumber(variables.GATEWAY_WINDOW_MS, 0);
  }

  /** Time for which a batch for the edge is open, in milliseconds. */
  get edgeWindowMs(): number {
    return this.#wholeNumber(variables.EDGE_WINDOW_MS, 0);
  }

  /** Items a month that the edge may cost; 0 is as many as there are. */
  get edgeMonthlyItems(): number {
    return this.#wholeNumber(variables.EDGE_MONTHLY_ITEMS, 0);
  }

  /** Number of tags of one parent from which on the parent is purged instead. */
  get edgeEscalateFrom(): number {
    return this.#wholeNumber(variables.EDGE_ESCALATE_FROM, 2);
  }

  /** Parent tag by template, as JSON. */
  get edgeParentTags(): Record<string, string> {
    return JSON.parse(this.#variables[variables.EDGE_PARENT_TAGS] || '{}');
  }

  /** Path by template of the tags that name one key of the stage cache, as JSON. */
  get gatewayExactTags(): Record<string, string> {
    return JSON.parse(this.#variables[variables.GATEWAY_EXACT_TAGS] || '{}');
  }

  /** Methods whose responses the stage keeps, such as `/~1products~1{id}/GET`, as JSON. */
  get cachedMethods(): string[] {
    return JSON.parse(this.#text(variables.CACHED_METHODS));
  }

  /** Base URL of the API, with its stage and a slash in the end. */
  get apiUrl(): string {
    return this.#text(variables.API_URL);
  }

  /** Path of the route that says what was purged. */
  get purgedKeysPath(): string {
    return this.#text(variables.PURGED_KEYS_PATH);
  }

  /** Base URL of the edge, without a slash in the end. */
  get edgeUrl(): string {
    return this.#text(variables.EDGE_URL);
  }

  /** The region, as Lambda sets it. */
  get region(): string {
    return this.#text('AWS_REGION');
  }

  /** The credentials of this function's role, as Lambda sets them; they last for as long as the process. */
  get credentials(): { readonly accessKeyId: string; readonly secretAccessKey: string; readonly sessionToken: string } {
    return {
      accessKeyId: this.#text('AWS_ACCESS_KEY_ID'),
      secretAccessKey: this.#text('AWS_SECRET_ACCESS_KEY'),
      sessionToken: this.#text('AWS_SESSION_TOKEN'),
    };
  }

  /** Path by name of the routes that are cached, with a `?` where they have query strings. */
  get cacheRoutes(): Record<string, string> {
    return JSON.parse(this.#text(variables.CACHE_ROUTES));
  }

  /** Bucket of a site's files. */
  get siteBucket(): string {
    return this.#text(variables.SITE_BUCKET);
  }

  /** Base URL of S3's API by the variables of the SDK; undefined for AWS's own. */
  get s3EndpointUrl(): string | undefined {
    return this.#variables.AWS_ENDPOINT_URL_S3 || this.#variables.AWS_ENDPOINT_URL || undefined;
  }

  get distributionId(): string {
    return this.#text(variables.DISTRIBUTION_ID);
  }

  get restApiId(): string {
    return this.#text(variables.REST_API_ID);
  }

  get apiStageName(): string {
    return this.#text(variables.API_STAGE_NAME);
  }

  /** The queue that the executor reads, and to which it defers its own messages. */
  get edgeQueueUrl(): string {
    return this.#text(variables.EDGE_QUEUE_URL);
  }

  get replicationGroupId(): string {
    return this.#text(variables.REPLICATION_GROUP_ID);
  }

  /** Name of the function, as Lambda sets it; names its connections and log lines. */
  get functionName(): string {
    return this.#variables.AWS_LAMBDA_FUNCTION_NAME ?? 'function';
  }

  /** True where tests run, by the variable that test runners set. */
  get isTest(): boolean {
    return this.#variables.NODE_ENV === 'test';
  }

  #text(name: string): string {
    const value = this.#variables[name];
    if (value === undefined || value === '') throw new Error(`environment variable '${name}' must be set`);
    return value;
  }

  #wholeNumber(name: string, least: number): number {
    const text = this.#text(name);
    const value = Number(text);
    if (!/^\d+$/.test(text) || !Number.isSafeInteger(value) || value < least) {
      throw new Error(`environment variable '${name}' must be a whole number of at least ${least}, got: '${text}'`);
    }
    return value;
  }

  #address(name: string): Address {
    return address(name, this.#text(name));
  }
}

function address(name: string, text: string): Address {
  const match = /^([^\s:,]+):(\d{1,5})$/.exec(text);
  const port = Number(match?.[2]);
  if (!match || port < 1 || port > 65_535) throw new Error(`environment variable '${name}' must be 'host:port', got: '${text}'`);
  return { host: match[1] as string, port };
}

/** The variables of this process. */
export const environment = new Environment(process.env);
