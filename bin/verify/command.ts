import { UsageError } from '../../cli/arguments';
import type { Probe } from './probe';
import { PROBES } from './probes';
import { type DeployedStage, STAGE_PROBES } from './stage-probes';
import type { Target } from './target';

/** Probes that the command line selects. */
export interface Chosen {
  readonly ofStack: readonly Probe<Target>[];
  readonly ofStage: readonly Probe<DeployedStage>[];
}

export type Plan = (Chosen & { readonly does: 'dry-run' }) | (Chosen & { readonly does: 'verify'; readonly stage: string });

/** Options of the command. */
export const OPTIONS = {
  stage: { type: 'string' },
  only: { type: 'string', default: '' },
  yes: { type: 'boolean', default: false },
  'dry-run': { type: 'boolean', default: false },
} as const;

/** Options, as they were given. */
export interface Values {
  readonly stage?: string;
  readonly only: string;
  readonly yes: boolean;
  readonly 'dry-run': boolean;
}

/** @throws {UsageError} on an option that is wrong or missing: nothing of an account is touched unasked. */
export function planOf(values: Values): Plan {
  const { only, stage } = values;
  const [ofStack, ofStage] = [
    PROBES.filter(({ id }) => id.startsWith(only)),
    STAGE_PROBES.filter(({ id }) => id.startsWith(only)),
  ];
  if (ofStack.length + ofStage.length === 0) {
    throw new UsageError(`'--only' must be the beginning of a probe's id, got: '${only}'; --dry-run lists them`);
  }
  if (values['dry-run']) return { does: 'dry-run', ofStack, ofStage };
  if (!stage) throw new UsageError("'--stage' must name a deployed stage, such as dev; --help says what is done to it");
  if (!values.yes) {
    throw new UsageError(
      "'--yes' must be given, since requests, flushes and invalidations are made in your account; --dry-run lists them",
    );
  }
  return { does: 'verify', ofStack, ofStage, stage };
}
