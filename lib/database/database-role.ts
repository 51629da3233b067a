/** Which of the database's users a function logs in as. */
export class DatabaseRole {
  /** May read the tables, on any server. */
  static readonly READER = new DatabaseRole('cachement_reader');

  /** May read and write the tables, on the primary. */
  static readonly WRITER = new DatabaseRole('cachement_writer');

  /** Owns the schema, and creates the other two. */
  static readonly OWNER = new DatabaseRole('cachement_owner');

  private constructor(
    /** What it is called in PostgreSQL. */
    readonly username: string,
  ) {}
}
