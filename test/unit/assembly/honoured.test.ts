import { ACCEPTED, checkHonoured, mergeTypes, NotHonouredError, unknownPaths } from '../../../local/assembly';
import type { Template } from '../../../local/assembly/template';
import { modelOf, THING } from '../../support/assembly';

function problems(template: Template): string[] {
  const model = modelOf({ S: { template } });
  try {
    checkHonoured(model.assembly, model, THING);
    return [];
  } catch (error) {
    if (!(error instanceof NotHonouredError)) throw error;
    return error.problems.map(({ logicalId, type, what }) => `${logicalId} ${type} ${what}`);
  }
}

const thing = (Properties: Record<string, unknown>) => ({ Type: 'Test::Thing', Properties });

describe('what is not run stops the start', () => {
  test('passes what is honoured, ignored or accepted', () => {
    expect(
      problems({
        AWSTemplateFormatVersion: '2010-09-09',
        Rules: { CheckBootstrapVersion: {} },
        Resources: {
          A: {
            ...thing({ Name: 'a', Comment: { any: ['thing'] }, Nested: { Known: { x: 1 } }, List: [{ Item: 1 }] }),
            DeletionPolicy: 'Retain',
          },
          B: { Type: 'AWS::CDK::Metadata', Properties: { Analytics: 'x' } },
        },
        Outputs: { A: { Value: { 'Fn::GetAtt': ['A', 'Endpoint.Port'] } } },
      }),
    ).toEqual([]);
  });

  test('names everything in one error', () => {
    const model = modelOf({
      S: { template: { Resources: { A: { Type: 'AWS::EC2::Instance' }, B: thing({ Colour: 'red', Nested: { Other: 1 } }) } } },
    });
    expect(() => checkHonoured(model.assembly, model, THING)).toThrow(
      [
        'the template has 3 thing(s) that are not run here:',
        '  S/A (AWS::EC2::Instance): unknown resource type',
        '  S/B (Test::Thing): unknown property Colour',
        '  S/B (Test::Thing): unknown property Nested.Other',
        'to run it without: --skip AWS::EC2::Instance; calls that need what is left out then fail',
        "to run it without a property: leave it out where the app's context 'stage' is 'local'",
      ].join('\n'),
    );
  });

  test.each<[string, Template, string[]]>([
    [
      'an attribute',
      { Resources: { A: thing({ Value: { 'Fn::GetAtt': ['A', 'Weight'] } }) } },
      ['A Test::Thing unknown attribute A.Weight of Test::Thing'],
    ],
    [
      'an attribute in Fn::Sub',
      { Resources: { A: thing({ Value: { 'Fn::Sub': '${A.Weight}' } }) } },
      ['A Test::Thing unknown attribute A.Weight of Test::Thing'],
    ],
    [
      'an intrinsic function',
      { Resources: { A: thing({ Value: { x: { 'Fn::Length': [] } } }) } },
      ['A Test::Thing unknown intrinsic function Fn::Length'],
    ],
    [
      'an intrinsic function of an output',
      { Resources: {}, Outputs: { O: { Value: { 'Fn::Length': [] } } } },
      ['O output unknown intrinsic function Fn::Length'],
    ],
    ['a section of the template', { Transform: 'x', Resources: {} }, ['Transform template unknown section']],
    [
      'a section of a resource',
      { Resources: { A: { Type: 'Test::Thing', CreationPolicy: {} } } },
      ["A Test::Thing unknown attribute 'CreationPolicy'"],
    ],
    [
      'a custom resource of CDK',
      { Resources: { A: { Type: 'Custom::AWS', Properties: { ServiceToken: 'x' } } } },
      [expect.stringContaining('A Custom::AWS a custom resource that CDK provides')],
    ],
    [
      'a custom resource without a function',
      { Resources: { A: { Type: 'Custom::Mine', Properties: { ServiceToken: 'arn:x' } } } },
      [expect.stringContaining('its ServiceToken is not a function of the template')],
    ],
  ])('%s', (_, template, expected) => {
    expect(problems(template)).toEqual(expected);
  });

  test('leaves out resources whose condition does not hold', () => {
    expect(
      problems({
        Conditions: { No: { 'Fn::Equals': [1, 2] } },
        Resources: { A: { Type: 'AWS::EC2::Instance', Condition: 'No' } },
      }),
    ).toEqual([]);
  });
});

describe('property paths', () => {
  const type = { honours: ['A.B', 'C'], ignores: { 'D.E': 'reason' }, ref: () => '' };

  test.each<[string, unknown, string[]]>([
    ['a path covers all below it', { C: { x: { y: 1 } }, A: { B: [1] } }, []],
    ['a longer name is another property', { Cx: 1 }, ['Cx']],
    ['list indices are dropped', { A: [{ B: 1 }, { X: 1 }, { X: 2 }] }, ['A.X']],
    ['both branches of Fn::If count', { A: { 'Fn::If': ['c', { B: 1 }, { X: 1 }] } }, ['A.X']],
    ['NoValue is nothing', { X: { Ref: 'AWS::NoValue' } }, []],
    ['a function above a known path hides what is in it', { A: { 'Fn::GetAtt': ['x', 'y'] } }, ['A']],
    ['text above a known path', { A: 'text' }, ['A']],
    ['an empty list above a known path', { D: [] }, []],
    ['no properties', undefined, []],
  ])('%s', (_, properties, expected) => {
    expect(unknownPaths(properties, type)).toEqual(expected);
  });
});

describe('type tables', () => {
  test('fails when two products run the same type', () => {
    expect(() => mergeTypes({ one: THING, two: THING })).toThrow("both 'one' and 'two' run Test::Thing");
  });

  test('fails when a product runs a type that is accepted as making no difference', () => {
    const [type] = Object.keys(ACCEPTED);
    expect(() => mergeTypes({ one: { [type!]: { honours: [], ref: () => '' } } })).toThrow(
      `both 'assembly' and 'one' run ${type}`,
    );
  });

  test.each(Object.entries(ACCEPTED))('%s is accepted with a reason, a Ref and its attributes', (type, accepted) => {
    const model = modelOf({ S: { template: { Resources: { X: { Type: type } } } } }, { types: {} });
    const [x] = model.resources(type);
    expect(accepted.reason.length).toBeGreaterThan(15);
    expect(model.ref(x!)).toEqual(expect.any(String));
    for (const name of Object.keys(accepted.attributes ?? {})) expect(model.attribute(x!, name)).toEqual(expect.any(String));
  });
});
