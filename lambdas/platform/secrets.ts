import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { type Clock, systemClock } from '../runtime/clock';
import { log } from './log';

/** Content of a secret of this platform. */
export interface Credentials {
  readonly username: string;
  readonly password: string;
}

/** A secret that is read when it is needed, and kept for a while. */
export interface Secret {
  /** @throws where it was never read and can't be, or doesn't hold credentials. Its text is never part of an error. */
  value(): Promise<Credentials>;
  /** Reports that a server refused the credentials: the next {@link value} reads them anew. */
  refused(): void;
}

export interface SecretOptions {
  /** @default - a client of this function's region */
  readonly client?: Pick<SecretsManagerClient, 'send'>;

  /**
   * Time for which a value is kept, in milliseconds. A rotated secret is noticed at the latest then, and at once where a server
   * refuses the old one. Each read is a paid call.
   * @default 300000
   */
  readonly ttlMs?: number;

  /** @default - the system clock */
  readonly clock?: Clock;
}

/** Least time between two reads that refusals cause, in milliseconds: a wrong password must not become a call a request. */
const REFRESH_INTERVAL_MS = 1_000;

let sharedClient: SecretsManagerClient | undefined;

/** Takes credentials from Secrets Manager. All callers of one environment share one read. */
export function createSecret(arn: string, options: SecretOptions = {}): Secret {
  const clock = options.clock ?? systemClock;
  const ttlMs = options.ttlMs ?? 300_000;
  let known: Credentials | undefined;
  let readAt = Number.NEGATIVE_INFINITY;
  let reading: Promise<Credentials> | undefined;
  let refused = false;

  const read = async (): Promise<Credentials> => {
    const client = options.client ?? defaultClient();
    try {
      const { SecretString } = await client.send(new GetSecretValueCommand({ SecretId: arn }));
      known = parse(arn, SecretString);
    } catch (error) {
      // What was good a moment ago most likely still is; a database must not become unreachable because Secrets Manager is.
      if (!known) throw error;
      log.warn('secret not refreshed', { arn, error });
    }
    readAt = clock.now();
    refused = false;
    return known;
  };

  return {
    value: async () => {
      const age = clock.now() - readAt;
      if (known && age < (refused ? REFRESH_INTERVAL_MS : ttlMs)) return known;
      reading ??= read().finally(() => {
        reading = undefined;
      });
      return reading;
    },
    refused: () => {
      refused = true;
    },
  };
}

/** Short budgets: a function waits for this while a viewer waits for it. */
function defaultClient(): SecretsManagerClient {
  sharedClient ??= new SecretsManagerClient({
    maxAttempts: 3,
    requestHandler: { connectionTimeout: 1_000, requestTimeout: 2_000 },
  });
  return sharedClient;
}

function parse(arn: string, text: string | undefined): Credentials {
  try {
    const { username, password } = JSON.parse(text ?? '') as Partial<Credentials>;
    if (typeof username === 'string' && typeof password === 'string') return { username, password };
  } catch {
    // The parser's message would quote the secret.
  }
  throw new Error(`secret '${arn}' must be JSON with the texts 'username' and 'password'`);
}
