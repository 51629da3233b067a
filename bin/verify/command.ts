import { parseArgs } from 'node:util';
import type { Probe } from './probe';
import { PROBES } from './probes';
import { type DeployedStage, STAGE_PROBES } from './stage-probes';
import type { Target } from './target';

/** Probes that the command line selects. */
export interface Chosen {
  readonly ofStack: readonly Probe<Target>[];
  readonly ofStage: readonly Probe<DeployedStage>[];
}

export type Command =
  | { readonly does: 'help' }
  | (Chosen & { readonly does: 'dry-run' })
  | (Chosen & { readonly does: 'verify'; readonly stage: string });

/** @throws {Error} on an option that isn't known or is missing: nothing of an account is touched unasked. */
export function readCommand(args: string[]): Command {
  const { values } = parseArgs({
    args,
    options: {
      stage: { type: 'string' },
      only: { type: 'string', default: '' },
      yes: { type: 'boolean', default: false },
      'dry-run': { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return { does: 'help' };
  const { only, stage } = values;
  const [ofStack, ofStage] = [
    PROBES.filter(({ id }) => id.startsWith(only)),
    STAGE_PROBES.filter(({ id }) => id.startsWith(only)),
  ];
  if (ofStack.length + ofStage.length === 0) {
    throw new Error(`'--only' must be the beginning of a probe's id, got: '${only}'; --dry-run lists them`);
  }
  if (values['dry-run']) return { does: 'dry-run', ofStack, ofStage };
  if (!stage) throw new Error("'--stage' must name a deployed stage, such as dev; --help says what is done to it");
  if (!values.yes) {
    throw new Error(
      "'--yes' must be given, since requests, flushes and invalidations are made in your account; --dry-run lists them",
    );
  }
  return { does: 'verify', ofStack, ofStage, stage };
}
