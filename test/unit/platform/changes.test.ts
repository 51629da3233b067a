import type { CloudAssembly } from '../../../local/assembly';
import { changeOf } from '../../../local/dev/changes';

interface Edit {
  readonly code?: string;
  readonly memory?: number;
  readonly version?: string;
  readonly metadata?: string;
  readonly stack?: string;
}

/** A stack with a function, its version and an alias; a version is named by the code, as the CDK does. */
function assembly({ code = 'a', memory = 128, version = code, metadata = code, stack = 'S' }: Edit = {}): CloudAssembly {
  const id = `FnCurrentVersion${version}`;
  return {
    directory: `/out-${code}`,
    stacks: [
      {
        name: stack,
        assets: new Map([[`${code}.zip`, `/out/asset.${code}`]]),
        template: {
          Resources: {
            Fn: {
              Type: 'AWS::Lambda::Function',
              Properties: { MemorySize: memory, Code: { S3Bucket: 'b', S3Key: `${code}.zip` } },
              Metadata: { 'aws:asset:path': `asset.${metadata}` },
            },
            [id]: { Type: 'AWS::Lambda::Version', Properties: { FunctionName: { Ref: 'Fn' } } },
            Live: { Type: 'AWS::Lambda::Alias', Properties: { FunctionVersion: { 'Fn::GetAtt': [id, 'Version'] } } },
            CDKMetadata: { Type: 'AWS::CDK::Metadata', Properties: { Analytics: code } },
          },
        },
      },
    ],
  };
}

test('the same templates are no change, whatever metadata says', () => {
  expect(changeOf(assembly(), assembly())).toEqual({ kind: 'none' });
  expect(changeOf(assembly(), assembly({ metadata: 'b' }))).toEqual({ kind: 'none' });
});

test('new code of a function is a change of its code, with the version that is named by it', () => {
  expect(changeOf(assembly(), assembly({ code: 'b' }))).toEqual({
    kind: 'code',
    functions: [{ stack: 'S', logicalId: 'Fn', folder: '/out/asset.b' }],
  });
});

test.each<[string, Edit]>([
  ['a property of the function', { memory: 256 }],
  ['a property along with its code', { memory: 256, code: 'b' }],
])('%s is a change of the template', (_, edit) => {
  expect(changeOf(assembly(), assembly(edit))).toEqual({ kind: 'template', stacks: ['S'] });
});

test('a stack that comes or goes is a change of the template', () => {
  expect(changeOf(assembly(), assembly({ stack: 'T' }))).toEqual({ kind: 'template', stacks: ['S', 'T'] });
});
