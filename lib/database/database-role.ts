/** Role of PostgreSQL that a function logs in as. */
export class DatabaseRole {
  /** Role that reads the tables, on any server. */
  static readonly READER = new DatabaseRole('cachement_reader');

  /** Role that reads and writes an application's tables, on the primary, and asks for purges. */
  static readonly WRITER = new DatabaseRole('cachement_writer');

  /** Role of the purge path, which alone changes the outbox and the ledger; it reaches no table of an application. */
  static readonly KEEPER = new DatabaseRole('cachement_keeper');

  /** Role that owns the schema and creates the others. */
  static readonly OWNER = new DatabaseRole('cachement_owner');

  private constructor(
    /** Name of the role in PostgreSQL. */
    readonly username: string,
  ) {}
}
