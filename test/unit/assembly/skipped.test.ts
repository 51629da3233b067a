import { checkHonoured, createModel, skippedResources, skippedTypes } from '../../../local/assembly';
import type { Template } from '../../../local/assembly/template';
import { modelOf, NOWHERE, THING } from '../../support/assembly';

const TABLE = 'AWS::DynamoDB::Table';
const TEMPLATE: Template = {
  Resources: {
    Table: { Type: TABLE, Properties: { KeySchema: [{ AttributeName: 'id' }], BillingMode: 'PAY_PER_REQUEST' } },
    A: {
      Type: 'Test::Thing',
      Properties: {
        Name: { Ref: 'Table' },
        Value: {
          arn: { 'Fn::GetAtt': ['Table', 'Arn'] },
          stream: { 'Fn::Sub': '${Table.StreamArn}/x' },
          id: { 'Fn::GetAtt': 'Table.Id' },
        },
      },
    },
  },
  Outputs: { Endpoint: { Value: { 'Fn::GetAtt': ['Table', 'Endpoint'] } } },
};
const { assembly } = modelOf({ S: { template: { Resources: {} } } });
const withTemplate = (template: Template) => ({ ...assembly, stacks: [{ ...assembly.stacks[0]!, template }] });

test('a type that is skipped resolves to names and ARNs that nothing answers for', () => {
  const skipping = withTemplate(TEMPLATE);
  const types = { ...THING, ...skippedTypes(skipping, [TABLE], THING) };
  const model = createModel({ assembly: skipping, types, environment: NOWHERE, secrets: () => ({ value: () => '' }) });
  expect(() => checkHonoured(skipping, model, types)).not.toThrow();
  expect({ ...model.resources('Test::Thing')[0]!.properties }).toEqual({
    Name: 'S-Table',
    Value: {
      arn: 'arn:aws:dynamodb:eu-west-1:000000000000:S-Table',
      stream: 'arn:aws:dynamodb:eu-west-1:000000000000:S-Table/x',
      id: 'S-Table.Id.skipped',
    },
  });
  expect(model.outputs()[0]!.value).toBe('S-Table.Endpoint.skipped');
  expect(skippedResources(skipping, [TABLE])).toEqual([{ stack: 'S', logicalId: 'Table', type: TABLE }]);
});

test.each([
  [TABLE, 'no resource of the templates has this type', {}],
  ['Test::Thing', 'it needs no skipping, since the platform takes it', TEMPLATE],
  ['AWS::KMS::Key', 'it needs no skipping, since the platform takes it', TEMPLATE],
  ['Custom::Step', "what other resources read of a custom resource is its function's answer", TEMPLATE],
  ['constructor', 'no resource of the templates has this type', TEMPLATE],
])("'%s' can't be skipped: %s", (type, reason, template) => {
  expect(() => skippedTypes(withTemplate(template as Template), [type], THING)).toThrow(
    `'--skip' can't leave out '${type}': ${reason}`,
  );
});
