import * as fs from 'node:fs';
import { createRequire } from 'node:module';
import * as path from 'node:path';
import { transformSync } from '@swc/core';
import { App, type Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import * as cachement from '../../../lib';

const PAGE = path.resolve(__dirname, '../../../docs/how-to/use-the-constructs.md');

/** Folder that the example's functions and SQL are like those of. */
const STORE = path.resolve(__dirname, '../../../examples/store');

test('the example of the page on constructs is synthesized as it stands there', () => {
  const source = /```ts\n(.*?)```/s.exec(fs.readFileSync(PAGE, 'utf8'))?.[1] as string;
  const { code } = transformSync(source, {
    jsc: { target: 'es2022', parser: { syntax: 'typescript' } },
    module: { type: 'commonjs' },
  });
  const packages = createRequire(__filename);
  const exported: { ShopStack?: new (app: App, id: string) => Stack } = {};
  const load = (name: string) => (name === 'cachement' ? cachement : packages(name));
  new Function('exports', 'require', '__dirname', code)(exported, load, STORE);
  const ShopStack = exported.ShopStack as new (app: App, id: string) => Stack;
  // Its functions aren't bundled: of a copy of the store, `npm run check:package` bundles and runs them.
  const app = new App({ builtinCloudFormationValidation: false, context: { 'aws:cdk:bundling-stacks': [] } });
  const template = Template.fromStack(new ShopStack(app, 'shop'));
  template.resourceCountIs('AWS::CloudFront::Distribution', 1);
  template.hasResourceProperties('Custom::SchemaMigration', { Schema: Match.anyValue() });
  template.hasResourceProperties('AWS::Events::Rule', { EventPattern: { source: ['shop.import'] } });
});
