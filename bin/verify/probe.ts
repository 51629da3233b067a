/** Description of a probe. */
export interface Question {
  /** `<tier>/<what>`, for `--only`. */
  readonly id: string;
  /** Question, as in `docs/differences/`. */
  readonly question: string;
  /** Action of the probe, in one sentence. */
  readonly does: string;
  /** Assumed answer: that of the local platform. */
  readonly assumed: string;
  /**
   * Changes beside the cached responses of the probe's own path.
   * @default - nothing
   */
  readonly changes?: string;
}

/** Behaviour of AWS that its documentation leaves open, and a way to observe it. */
export interface Probe<Target> extends Question {
  /**
   * Lane of the probe. Probes of one lane run one after the other, because they flush or receive from the same resource.
   * @default - beside any other
   */
  readonly lane?: string;
  /** Observes the behaviour. */
  run(target: Target): Promise<string>;
}

/** A question that can't be answered by a probe, or not for an acceptable price. */
export interface ByHand {
  readonly question: string;
  /** Reason why there is no probe, and what would show the behaviour. */
  readonly why: string;
}

/** Result of a probe. */
export interface Verdict {
  readonly probe: Question;
  /** Observed behaviour; undefined if the probe failed. */
  readonly seen?: string;
  readonly error?: string;
}

/** Error of a probe whose request came after the time of the origin's scripted answer. The probe is tried again. */
export class TooLate extends Error {
  override readonly name = 'TooLate';
}

/** Attempts of a probe whose requests come too late. */
const TRIES = 3;

/** Probes that run at once: a new account has a concurrency of ten. */
const AT_ONCE = 3;

/** Runs every probe: the lanes side by side, each in order, and the rest beside them. */
export async function runProbes<Target>(
  probes: readonly Probe<Target>[],
  target: Target,
  { atOnce = AT_ONCE, report = () => undefined }: { atOnce?: number; report?: (verdict: Verdict) => void } = {},
): Promise<Verdict[]> {
  const verdicts = new Map<Probe<Target>, Verdict>();
  const runOne = async (probe: Probe<Target>) => {
    const attempt = (tries: number): Promise<Verdict> =>
      probe.run(target).then(
        (seen) => ({ probe, seen }),
        (error: Error) =>
          error instanceof TooLate && tries > 1 ? attempt(tries - 1) : { probe, error: `${error.name}: ${error.message}` },
      );
    const verdict = await attempt(TRIES);
    verdicts.set(probe, verdict);
    report(verdict);
  };
  const inOrder = async (waiting: Probe<Target>[]) => {
    for (let probe = waiting.shift(); probe; probe = waiting.shift()) await runOne(probe);
  };
  const lanes = new Set(probes.flatMap(({ lane }) => lane ?? []));
  const rest = probes.filter(({ lane }) => lane === undefined);
  await Promise.all([
    ...[...lanes].map((name) => inOrder(probes.filter(({ lane }) => lane === name))),
    ...Array.from({ length: atOnce }, () => inOrder(rest)),
  ]);
  return probes.map((probe) => verdicts.get(probe)!);
}

/** Outcome of a probe: AWS behaves as assumed, or otherwise, or the probe failed. */
export function outcomeOf({ probe, seen }: Verdict): 'as assumed' | 'OTHERWISE' | 'failed' {
  if (seen === undefined) return 'failed';
  return seen === probe.assumed ? 'as assumed' : 'OTHERWISE';
}

/** Exit code: 0 if everything is as assumed, 1 if something is otherwise, 2 if a probe failed. */
export function exitCodeOf(verdicts: readonly Verdict[]): number {
  const outcomes = verdicts.map(outcomeOf);
  return outcomes.includes('failed') ? 2 : outcomes.includes('OTHERWISE') ? 1 : 0;
}

/** Table of verdicts, with deviations and failures at the end. */
export function formatVerdicts(verdicts: readonly Verdict[]): string {
  const order = ['as assumed', 'failed', 'OTHERWISE'];
  const sorted = [...verdicts].sort((a, b) => order.indexOf(outcomeOf(a)) - order.indexOf(outcomeOf(b)));
  return sorted
    .map((verdict) => {
      const { probe, seen, error } = verdict;
      const lines = [`${outcomeOf(verdict).padEnd(10)}  ${probe.id}: ${probe.question}`, `            assumed: ${probe.assumed}`];
      if (seen !== undefined && seen !== probe.assumed) lines.push(`            seen:    ${seen}`);
      if (error !== undefined) lines.push(`            ${error}`);
      return lines.join('\n');
    })
    .join('\n');
}

/** List of the probes and their actions. */
export function formatQuestions(questions: readonly Question[]): string {
  return questions
    .map(({ id, question, does, assumed, changes = 'nothing' }) =>
      [`${id}: ${question}`, `    ${does}`, `    assumed: ${assumed}; changes: ${changes}`].join('\n'),
    )
    .join('\n');
}
