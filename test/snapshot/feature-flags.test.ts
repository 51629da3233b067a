import * as fs from 'node:fs';
import * as path from 'node:path';
import { App } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import cdkJson from '../../cdk.json';
import feedJson from '../../examples/feed/cdk.json';
import { places } from '../../examples/places';
import siteJson from '../../examples/static-site/cdk.json';
import storeJson from '../../examples/store/cdk.json';
import { addCachement } from '../../lib/stacks/app';
import { stageConfig } from '../../lib/stacks/stage';
import { STATEFUL } from '../replacements/stateful';

/** Feature flags of the CDK in other people's apps: none at all, or every recommended one. */
const RECOMMENDED = JSON.parse(
  fs.readFileSync(path.resolve(__dirname, '../../node_modules/aws-cdk-lib/recommended-feature-flags.json'), 'utf8'),
);

function statefulIds(context: Record<string, unknown>): string[] {
  const app = new App({ context, analyticsReporting: false, builtinCloudFormationValidation: false });
  return addCachement(app, { ...places, config: stageConfig('prod') }).flatMap((stack) =>
    Object.entries(Template.fromStack(stack).toJSON().Resources as Record<string, { Type: string }>)
      .filter(([, { Type }]) => STATEFUL.includes(Type))
      .map(([id]) => `${stack.stackName}/${id}`),
  );
}

test.each([
  ['no flags', {}],
  ['every recommended flag', RECOMMENDED],
])('with %s the stage is synthesized, and what is stateful is the same', (_, context) => {
  expect(Object.keys(RECOMMENDED).length).toBeGreaterThan(50);
  expect(statefulIds(context)).toEqual(statefulIds(cdkJson.context));
});

test.each([
  ['store', storeJson.context],
  ['feed', feedJson.context],
  ['static-site', siteJson.context],
])('an app that begins with template %s has every recommended flag, as one of cdk init has', (_, context) => {
  expect(context).toMatchObject(RECOMMENDED);
});
