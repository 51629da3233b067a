/** Case of a contract. It needs no test framework: `run` rejects with an `AssertionError` where it fails. */
export interface ContractCase<Subject> {
  /** Sentence that describes the case. */
  readonly name: string;
  /** Runs the case; rejects where it fails. */
  run(subject: Subject): Promise<void>;
}
