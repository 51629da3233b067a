import type * as lambda from 'aws-cdk-lib/aws-lambda';
import { DatabaseRole } from '../../database/database-role';
import type { IPurgePipeline, IPurgeSource } from './purge-source';

/** How the writer uses the database. */
export interface OutboxSourceOptions {
  /**
   * How many environments the function may have at once.
   * @default - what the function reserves; one that reserves nothing must say
   */
  readonly concurrency?: number;

  /**
   * Connections of one environment to the primary.
   * @default 1
   */
  readonly poolSize?: number;
}

/**
 * A function that changes rows, and asks for the purge of what shows them in the same transaction, with one statement:
 * `INSERT INTO cachement.outbox (tags) VALUES (ARRAY['place:1']) RETURNING purge_id`. It may kick the relay after its commit.
 */
export class OutboxSource implements IPurgeSource {
  constructor(
    private readonly writer: lambda.Function,
    private readonly options: OutboxSourceOptions = {},
  ) {}

  bind(pipeline: IPurgePipeline, _id: string): void {
    pipeline.database.addClient(this.writer, { role: DatabaseRole.WRITER, ...this.options });
    pipeline.bus.addPublisher(this.writer, pipeline.network);
  }
}
