import { App } from 'aws-cdk-lib';
import { DONE, type Given, runProcess, type Terminal } from '../cli/arguments';
import { places } from '../examples/places';
import { addCachement } from '../lib/stacks/app';
import { stageConfig } from '../lib/stacks/stage';
import { retainedResources } from './retained-resources';

const HELP = `What \`cdk destroy\` leaves of a stage in the account.

  npm run retained -- --stage prod

  --stage NAME   local, dev or prod (prod)
  --help         show this text
`;

const OPTIONS = { stage: { type: 'string', default: 'prod' } } as const;

function run({ values }: Given<typeof OPTIONS>, { out }: Terminal): number {
  const app = new App({ builtinCloudFormationValidation: false, analyticsReporting: false });
  const stacks = addCachement(app, { ...places, config: stageConfig(values.stage) });
  const assembly = app.synth();
  const retained = stacks.flatMap(({ stackName }) =>
    retainedResources(stackName, assembly.getStackByName(stackName).template.Resources ?? {}),
  );
  for (const { stack, logicalId, type, policy } of retained) {
    out(`${stack.padEnd(28)} ${type.padEnd(36)} ${logicalId}${policy === 'Snapshot' ? ' (a snapshot)' : ''}`);
  }
  out(`${retained.length} resources of stage '${values.stage}' stay when its stacks are destroyed`);
  return DONE;
}

void runProcess({ help: HELP, options: OPTIONS, run });
