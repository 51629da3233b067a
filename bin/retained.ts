import { parseArgs } from 'node:util';
import { App } from 'aws-cdk-lib';
import { places } from '../examples/places';
import { addCachement } from '../lib/stacks/app';
import { stageConfig } from '../lib/stacks/stage';
import { retainedResources } from './retained-resources';

/** `npm run retained -- --stage prod`: what `cdk destroy` leaves in the account. */
function main(): void {
  const { values } = parseArgs({ options: { stage: { type: 'string', default: 'prod' } } });
  const app = new App({ builtinCloudFormationValidation: false, analyticsReporting: false });
  const stacks = addCachement(app, { ...places, config: stageConfig(values.stage) });
  const assembly = app.synth();
  const retained = stacks.flatMap(({ stackName }) =>
    retainedResources(stackName, assembly.getStackByName(stackName).template.Resources ?? {}),
  );
  for (const { stack, logicalId, type, policy } of retained) {
    console.log(`${stack.padEnd(28)} ${type.padEnd(36)} ${logicalId}${policy === 'Snapshot' ? ' (a snapshot)' : ''}`);
  }
  console.log(`${retained.length} resources of stage '${values.stage}' stay when its stacks are destroyed`);
}

main();
