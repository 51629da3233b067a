/** One thing that an implementation must do. It needs no test framework: `run` rejects with an `AssertionError` where it isn't done. */
export interface ContractCase<Subject> {
  /** What is done, as a sentence. */
  readonly name: string;
  /** Does it; rejects where it isn't done. */
  run(subject: Subject): Promise<void>;
}
