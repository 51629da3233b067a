/** Something that AWS would refuse, lose or leave behind. */
export interface Problem {
  /** Which rule found it. */
  readonly rule: string;
  /** Address of the resource that it is about. */
  readonly address: string;
  /** What is wrong, and what to do. */
  readonly text: string;
}

/** Problems without those that say the same again. */
export function distinct(problems: readonly Problem[]): Problem[] {
  return [...new Map(problems.map((problem) => [`${problem.rule} ${problem.address} ${problem.text}`, problem])).values()];
}
