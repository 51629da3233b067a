/** Role of PostgreSQL that a function logs in as. */
export class DatabaseRole {
  /** Role that reads the tables, on any server. */
  static readonly READER = new DatabaseRole('cachement_reader');

  /** Role that reads and writes the tables, on the primary. */
  static readonly WRITER = new DatabaseRole('cachement_writer');

  /** Role that owns the schema and creates the other two. */
  static readonly OWNER = new DatabaseRole('cachement_owner');

  private constructor(
    /** Name of the role in PostgreSQL. */
    readonly username: string,
  ) {}
}
