import { AwsError } from '../types';
import type { FunctionOptions } from './options';

/** Takes one invocation's share of the concurrency back. */
export type Release = () => void;

/**
 * Counts running invocations against what the account has and what functions reserved. A reservation is both a limit and a share
 * that no other function can take, as on AWS.
 */
export class Concurrency {
  readonly #functions: readonly FunctionOptions[];
  readonly #running = new Map<string, number>();
  #unreservedRunning = 0;
  readonly #unreserved: number;

  /** @throws {Error} where the reservations leave nothing to functions without one; AWS refuses such a deployment too. */
  constructor(functions: readonly FunctionOptions[], accountConcurrency: number) {
    this.#functions = functions;
    const reserved = functions.reduce((sum, { reservedConcurrency }) => sum + (reservedConcurrency ?? 0), 0);
    this.#unreserved = accountConcurrency - reserved;
    const rest = functions.filter((each) => each.reservedConcurrency === undefined);
    if (rest.length > 0 && this.#unreserved < 1) {
      throw new Error(
        `'accountConcurrency' must be larger than the sum of 'ReservedConcurrentExecutions' (${reserved}), got: ${accountConcurrency}; ` +
          `it leaves nothing to '${rest.map((each) => each.name).join("', '")}'`,
      );
    }
  }

  /** @throws {AwsError} `TooManyRequestsException` where all of the function's share is in use. */
  acquire(arn: string): Release {
    const reserved = this.#functions.find((each) => each.arn === arn)?.reservedConcurrency;
    const running = this.#running.get(arn) ?? 0;
    if (reserved === undefined ? this.#unreservedRunning >= this.#unreserved : running >= reserved) throw rateExceeded();
    this.#running.set(arn, running + 1);
    if (reserved === undefined) this.#unreservedRunning += 1;
    return () => {
      this.#running.set(arn, (this.#running.get(arn) ?? 1) - 1);
      if (reserved === undefined) this.#unreservedRunning -= 1;
    };
  }
}

/** Lambda's throttle. */
export function rateExceeded(): AwsError {
  return new AwsError('TooManyRequestsException', 'Rate Exceeded.', 429);
}
