import { type AssemblyModel, type CloudAssembly, checkHonoured } from '../../../local/assembly';
import type { Template } from '../../../local/assembly/template';
import { checkConditions, conditionsHold } from '../../../local/aws/conditions';
import { evaluate, parsePolicy } from '../../../local/aws/policy-document';
import { parsePath, read } from '../../../local/events/json-path';
import { compilePattern } from '../../../local/events/pattern';
import { compileInput } from '../../../local/events/target-input';
import { lambdaFromTemplate } from '../../../local/lambda';
import { modelOf, THING } from '../../support/assembly';
import { expectNothingPolluted, NAMES_FROM_OUTSIDE } from '../../support/names-from-outside';
import { plainModel, productContext } from '../../support/product-context';

/** An object with one member of this name, as `JSON.parse` makes it: own, whatever the name is. */
const withMember = (name: string, value: unknown) => JSON.parse(`{${JSON.stringify(name)}:${JSON.stringify(value)}}`);

const thing = (Properties: unknown) => ({ Type: 'Test::Thing', Properties });

/** Places of a template that take a name. */
const PLACES: readonly [place: string, template: (name: string) => Template][] = [
  ['type', (name) => ({ Resources: { A: { Type: name } } })],
  ['custom type', (name) => ({ Resources: { A: { Type: `Custom::${name}`, Properties: { ServiceToken: 'x' } } } })],
  ['logical id', (name) => ({ Resources: withMember(name, thing({ Name: 'a' })) })],
  ['property', (name) => ({ Resources: { A: thing(withMember(name, 'x')) } })],
  ['nested property', (name) => ({ Resources: { A: thing({ Nested: withMember(name, 'x') }) } })],
  ['Ref', (name) => ({ Resources: { A: thing({ Value: { Ref: name } }) } })],
  ['Ref to a pseudo parameter', (name) => ({ Resources: { A: thing({ Value: { Ref: `AWS::${name}` } }) } })],
  ['Fn::GetAtt', (name) => ({ Resources: { A: thing({ Value: { 'Fn::GetAtt': ['A', name] } }) } })],
  ['Fn::GetAtt of a resource', (name) => ({ Resources: { A: thing({ Value: { 'Fn::GetAtt': [name, 'Arn'] } }) } })],
  ['Fn::Sub', (name) => ({ Resources: { A: thing({ Value: { 'Fn::Sub': `\${${name}}` } }) } })],
  ['variable of Fn::Sub', (name) => ({ Resources: { A: thing({ Value: { 'Fn::Sub': ['${x}', withMember(name, 'y')] } }) } })],
  ['intrinsic function', (name) => ({ Resources: { A: thing({ Value: withMember(`Fn::${name}`, []) }) } })],
  ['Fn::If', (name) => ({ Resources: { A: thing({ Value: { 'Fn::If': [name, 'x', 'y'] } }) } })],
  ['condition of a resource', (name) => ({ Resources: { A: { ...thing({}), Condition: name } } })],
  [
    'condition function',
    (name) => ({ Conditions: { C: withMember(name, []) }, Resources: { A: { ...thing({}), Condition: 'C' } } }),
  ],
  ['Fn::FindInMap', (name) => ({ Mappings: {}, Resources: { A: thing({ Value: { 'Fn::FindInMap': [name, name, name] } }) } })],
  ['Fn::Select', (name) => ({ Resources: { A: thing({ Value: { 'Fn::Select': [name, ['x']] } }) } })],
  ['Fn::ImportValue', (name) => ({ Resources: { A: thing({ Value: { 'Fn::ImportValue': name } }) } })],
  [
    'Fn::GetStackOutput',
    (name) => ({ Resources: { A: thing({ Value: { 'Fn::GetStackOutput': { StackName: 'S', OutputName: name } } }) } }),
  ],
  ['dynamic reference', (name) => ({ Resources: { A: thing({ Value: `{{resolve:secretsmanager:s:SecretString:${name}}}` }) } })],
  ['output', (name) => ({ Resources: {}, Outputs: withMember(name, { Value: 'x' }) })],
  ['parameter', (name) => ({ Parameters: {}, Resources: { A: thing({ Name: { Ref: name } }) } })],
  ['section', (name) => withMember(name, {})],
];

/** Resolves everything in a model. */
function resolveAll(model: AssemblyModel & { assembly: CloudAssembly }): unknown[] {
  checkHonoured(model.assembly, model, THING);
  return [
    ...model.all().map((resource) => [resource.logicalId, { ...resource.properties }, model.ref(resource)]),
    ...model.outputs(),
  ];
}

/** Calls, and lets errors of the platform through as text. Others, such as a TypeError, are failures of its code. */
function outcome(call: () => unknown): unknown {
  try {
    return call();
  } catch (error) {
    expect((error as Error).constructor).not.toBe(TypeError);
    expect((error as Error).constructor).not.toBe(RangeError);
    return (error as Error).message;
  }
}

/** Fails where a function is anywhere in a value: only a prototype has functions. */
function expectData(value: unknown): void {
  expect(typeof value).not.toBe('function');
  if (typeof value === 'object' && value !== null) Object.values(value).forEach(expectData);
}

const SECRETS = { value: () => '{"password":"p"}' };

describe('no name of a template is looked up in a prototype', () => {
  test.each(PLACES)('%s', (_, template) => {
    for (const name of NAMES_FROM_OUTSIDE) {
      expectData(outcome(() => resolveAll(modelOf({ S: { template: template(name) } }, { secrets: SECRETS }))));
    }
    expectNothingPolluted();
  });

  test.each([
    'constructor',
    'toString',
    '__proto__',
    'hasOwnProperty',
  ])("type '%s' isn't accepted, and stops the start", (Type) => {
    expect(() => resolveAll(modelOf({ S: { template: { Resources: { A: { Type } } } } }))).toThrow(
      `S/A (${Type}): unknown resource type`,
    );
  });

  test('names of environment variables are those that Lambda takes', () => {
    const context = productContext();
    for (const name of ['__proto__', '1A', 'A-B', 'A\0']) {
      const properties = {
        Runtime: 'nodejs24.x',
        Code: { S3Key: 'k' },
        Environment: { Variables: withMember(name, 'x') },
      };
      expect(() =>
        lambdaFromTemplate(plainModel({ F: { type: 'AWS::Lambda::Function', properties } }, context.environment)),
      ).toThrow(
        `'Environment.Variables' must have names of letters, digits and underscores that begin with a letter, got: '${name}'`,
      );
    }
    context.cleanUp();
  });
});

describe('no name of a policy, a pattern or a path is looked up in a prototype', () => {
  const request = { action: 's:A', resource: 'r', keys: { 'aws:sourcearn': ['a'] } };
  const EVENT = { detail: { a: ['b'] }, source: 's' };
  test.each<[string, (name: string) => unknown]>([
    ['condition operator', (name) => checkConditions(withMember(name, { k: 'v' }), 'here')],
    ['qualified condition operator', (name) => checkConditions(withMember(`ForAllValues:${name}`, { k: 'v' }), 'here')],
    ['condition key', (name) => conditionsHold({ StringEquals: withMember(name, 'v') }, request.keys)],
    ['missing condition key', (name) => conditionsHold({ Null: withMember(name, 'true') }, request.keys)],
    [
      'kind of principal',
      (name) =>
        evaluate(
          parsePolicy({ Statement: { Effect: 'Allow', Action: '*', Principal: withMember(name, 'x') } }, 'here'),
          request,
          { names: { AWS: ['x'] } },
        ),
    ],
    [
      'policy variable',
      (name) => evaluate(parsePolicy({ Statement: { Effect: 'Allow', Action: '*', Resource: `\${${name}}` } }, 'here'), request),
    ],
    ['member of a statement', (name) => parsePolicy({ Statement: { ...withMember(name, 'x'), Effect: 'Allow' } }, 'here')],
    ['field of a pattern', (name) => compilePattern(withMember(name, [{ exists: true }]), 'here')(EVENT)],
    ['operator of a pattern', (name) => compilePattern({ a: [withMember(name, 'x')] }, 'here')(EVENT)],
    ['operator of anything-but', (name) => compilePattern({ a: [{ 'anything-but': withMember(name, 'x') }] }, 'here')(EVENT)],
    ['comparison of numeric', (name) => compilePattern({ a: [{ numeric: [name, 1] }] }, 'here')({ a: 1 })],
    ['JSON path', (name) => read(EVENT, parsePath(`$.detail.${name}`, 'here'))],
    ['quoted JSON path', (name) => read(EVENT, parsePath(`$['${name}']`, 'here'))],
    [
      'variable of an input template',
      (name) =>
        compileInput({ InputTransformer: { InputPathsMap: withMember(name, '$.source'), InputTemplate: `<${name}>` } }, 'here')(
          EVENT as never,
          { name: 'r', arn: 'a' },
        ),
    ],
  ])('%s', (_, call) => {
    for (const name of NAMES_FROM_OUTSIDE) expectData(outcome(() => call(name)));
    expectNothingPolluted();
  });

  test.each([
    ['a condition key that only a prototype has is absent', () => conditionsHold({ Null: { constructor: 'true' } }, {}), true],
    ['a path leads to nothing that only a prototype has', () => read({}, parsePath('$.constructor', 'here')), undefined],
    [
      'a pattern finds no field that only a prototype has',
      () => compilePattern({ toString: [{ exists: true }] }, 'here')({}),
      false,
    ],
  ])('%s', (_, call, value) => {
    expect(call()).toBe(value);
  });
});
