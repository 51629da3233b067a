import { DatabaseRole } from '../../database/database-role';
import type { PlatformFunction } from '../../functions/platform-function';
import type { PurgePipeline } from '../purge-pipeline';
import type { IPurgeSource } from './purge-source';

/**
 * A function that changes rows, and asks for the purge of what shows them in the same transaction, with one statement:
 * `INSERT INTO cachement.outbox (tags) VALUES (ARRAY['place:1']) RETURNING purge_id`. It may kick the relay after its commit.
 */
export class OutboxSource implements IPurgeSource {
  constructor(private readonly writer: PlatformFunction) {}

  bind(pipeline: PurgePipeline): void {
    pipeline.database.addClient(this.writer, { role: DatabaseRole.WRITER });
    pipeline.bus.addPublisher(this.writer, pipeline.network);
  }
}
