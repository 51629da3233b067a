import { IntegTest } from '@aws-cdk/integ-tests-alpha';
import { App, Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import { STAGE_PROBES } from '../../bin/verify/stage-probes';
import { places } from '../../examples/places';
import { addCachement } from '../../lib/stacks/app';
import { stageConfig } from '../../lib/stacks/stage';
import { addFunction, assertPoints } from './account-case';

/** Points of `verify:aws` that this case asserts. */
export const points = STAGE_PROBES.map(({ id }) => id);

export const app = new App();
const stacks = addCachement(app, { ...places, config: stageConfig('dev') });
const stack = new Stack(app, 'cachement-integ-stage');
for (const each of stacks) stack.addStackDependency(each);
const stage = (service: string, resource: string) => stack.formatArn({ service, resource, resourceName: '*' });
const asserts = addFunction(stack, 'stage', { environment: { STAGE: 'dev' } }, [
  new iam.PolicyStatement({
    actions: ['cloudformation:DescribeStacks', 'cloudformation:DescribeStackResources'],
    resources: [stage('cloudformation', 'stack/cachement-dev-*')],
  }),
  new iam.PolicyStatement({ actions: ['execute-api:Invoke'], resources: [stage('execute-api', '*')] }),
]);
assertPoints(new IntegTest(app, 'Stage', { testCases: [...stacks, stack] }), asserts, points);

app.synth();
