import type * as lambda from 'aws-cdk-lib/aws-lambda';
import { DatabaseRole } from '../../database/database-role';
import type { IPurgePipeline, IPurgeSource } from './purge-source';

/** Options of an OutboxSource. */
export interface OutboxSourceOptions {
  /**
   * Execution environments that the function may have at once.
   * @default - its reserved concurrency; required for a function that reserves none
   */
  readonly concurrency?: number;

  /**
   * Connections of one environment to the primary.
   * @default 1
   */
  readonly poolSize?: number;
}

/**
 * Source of purges that a function requests in the transaction that changes rows, with one statement:
 * `INSERT INTO cachement.outbox (tags) VALUES (ARRAY['product:1']) RETURNING purge_id`. The function may kick the relay after its
 * commit.
 */
export class OutboxSource implements IPurgeSource {
  readonly #writer: lambda.Function;
  readonly #options: OutboxSourceOptions;

  constructor(writer: lambda.Function, options: OutboxSourceOptions = {}) {
    this.#writer = writer;
    this.#options = options;
  }

  bind(pipeline: IPurgePipeline, _id: string): void {
    pipeline.database.addClient(this.#writer, { role: DatabaseRole.WRITER, ...this.#options });
    pipeline.bus.addPublisher(this.#writer, pipeline.network);
  }
}
