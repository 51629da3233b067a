import * as fs from 'node:fs';
import { createRequire } from 'node:module';
import * as path from 'node:path';
import { transformSync } from '@swc/core';
import { App, type Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import * as cachement from '../../../lib';

const PAGE = path.resolve(__dirname, '../../../docs/how-to/use-the-constructs.md');

test('the example of the page on constructs is synthesized as it stands there', () => {
  const source = /```ts\n(.*?)```/s.exec(fs.readFileSync(PAGE, 'utf8'))?.[1] as string;
  const { code } = transformSync(source, {
    jsc: { target: 'es2022', parser: { syntax: 'typescript' } },
    module: { type: 'commonjs' },
  });
  const packages = createRequire(__filename);
  const exported: { ShopStack?: new (app: App, id: string) => Stack } = {};
  const load = (name: string) => (name === 'cachement' ? cachement : packages(name));
  new Function('exports', 'require', code)(exported, load);
  const ShopStack = exported.ShopStack as new (app: App, id: string) => Stack;
  const template = Template.fromStack(new ShopStack(new App({ builtinCloudFormationValidation: false }), 'shop'));
  template.resourceCountIs('AWS::CloudFront::Distribution', 1);
  template.hasResourceProperties('AWS::Events::Rule', { EventPattern: { source: ['shop.import'] } });
});
