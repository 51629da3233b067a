import { modelOf } from '../../support/assembly';

/** The value of a property of a stack with a parameter, a mapping, two conditions and another thing called `bolt`. */
function resolved(value: unknown, secrets = { value: () => '{"password":"p4ss","port":5432}' }): unknown {
  const model = modelOf(
    {
      Producer: {
        template: {
          Resources: { Nut: { Type: 'Test::Thing', Properties: { Name: 'nut' } } },
          Outputs: {
            NutArn: { Value: { 'Fn::GetAtt': ['Nut', 'Arn'] }, Export: { Name: { 'Fn::Sub': '${AWS::StackName}:NutArn' } } },
          },
        },
      },
      Consumer: {
        dependencies: ['Producer'],
        template: {
          Parameters: {
            Size: { Type: 'Number', Default: 3 },
            Names: { Type: 'CommaDelimitedList', Default: 'a,b' },
            BootstrapVersion: { Type: 'AWS::SSM::Parameter::Value<String>', Default: '/cdk-bootstrap/x/version' },
            Unset: { Type: 'String' },
          },
          Mappings: { Sizes: { 'eu-west-1': { small: 1, big: { 'Fn::Sub': '${Size}0' } } } },
          Conditions: {
            Big: { 'Fn::Equals': [{ Ref: 'Size' }, '3'] },
            Small: { 'Fn::Not': [{ Condition: 'Big' }] },
            Both: { 'Fn::And': [{ Condition: 'Big' }, { Condition: 'Small' }] },
            Either: { 'Fn::Or': [{ Condition: 'Big' }, { Condition: 'Small' }] },
          },
          Resources: {
            Bolt: { Type: 'Test::Thing', Properties: { Name: 'bolt' } },
            Subject: { Type: 'Test::Thing', Properties: { Value: value } },
          },
        },
      },
    },
    { secrets },
  );
  return model.resources('Test::Thing').find((resource) => resource.logicalId === 'Subject')!.properties.Value;
}

describe('intrinsic functions', () => {
  test.each<[string, unknown, unknown]>([
    ['plain values stay', { a: [1, true, null, 'x'] }, { a: [1, true, null, 'x'] }],
    ['Ref of a resource', { Ref: 'Bolt' }, 'bolt'],
    ['Ref of a parameter gives its default as text', { Ref: 'Size' }, '3'],
    ['Ref of a list parameter', { Ref: 'Names' }, ['a', 'b']],
    ['Ref of the bootstrap version', { Ref: 'BootstrapVersion' }, '30'],
    ['Ref of pseudo parameters', { Ref: 'AWS::Region' }, 'eu-west-1'],
    ['GetAtt as a list', { 'Fn::GetAtt': ['Bolt', 'Arn'] }, 'arn:aws:test:eu-west-1:000000000000:bolt'],
    ['GetAtt as text, with a dot in the attribute', { 'Fn::GetAtt': 'Bolt.Endpoint.Port' }, '1'],
    ['Join', { 'Fn::Join': ['-', ['a', { Ref: 'Size' }, 1]] }, 'a-3-1'],
    [
      'Sub with variables, attributes and a literal',
      { 'Fn::Sub': ['${x}/${Bolt}/${Bolt.Arn}/${!x}/${AWS::AccountId}', { x: { Ref: 'Size' } }] },
      '3/bolt/arn:aws:test:eu-west-1:000000000000:bolt/${x}/000000000000',
    ],
    ['Select of Split', { 'Fn::Select': ['2', { 'Fn::Split': ['/', 'https://host/path'] }] }, 'host'],
    ['If takes the branch of the condition', { 'Fn::If': ['Big', 'yes', 'no'] }, 'yes'],
    ['If takes the other branch', { 'Fn::If': ['Both', 'yes', 'no'] }, 'no'],
    ['If with Or', { 'Fn::If': ['Either', 'yes', 'no'] }, 'yes'],
    [
      'NoValue leaves properties and list items out',
      { a: { Ref: 'AWS::NoValue' }, b: [{ 'Fn::If': ['Small', 1, { Ref: 'AWS::NoValue' }] }, 2] },
      { b: [2] },
    ],
    ['FindInMap', { 'Fn::FindInMap': ['Sizes', { Ref: 'AWS::Region' }, 'big'] }, '30'],
    ['Base64', { 'Fn::Base64': 'hi' }, 'aGk='],
    ['GetAZs of the own region', { 'Fn::GetAZs': '' }, ['eu-west-1a', 'eu-west-1b', 'eu-west-1c']],
    ['Cidr', { 'Fn::Cidr': ['10.0.0.0/16', 3, '8'] }, ['10.0.0.0/24', '10.0.1.0/24', '10.0.2.0/24']],
    ['ImportValue', { 'Fn::ImportValue': 'Producer:NutArn' }, 'arn:aws:test:eu-west-1:000000000000:nut'],
    [
      'GetStackOutput',
      { 'Fn::GetStackOutput': { StackName: 'Producer', OutputName: 'NutArn', Region: { Ref: 'AWS::Region' } } },
      'arn:aws:test:eu-west-1:000000000000:nut',
    ],
    ['a secret whole', '{{resolve:secretsmanager:app:SecretString}}', '{"password":"p4ss","port":5432}'],
    [
      'a key of a secret, by ARN, inside a text',
      {
        'Fn::Join': [
          '',
          ['pw={{resolve:secretsmanager:arn:aws:secretsmanager:eu-west-1:1:secret:', 'app-x1:SecretString:password::}};'],
        ],
      },
      'pw=p4ss;',
    ],
  ])('%s', (_, value, expected) => {
    expect(resolved(value)).toEqual(expected);
  });

  test('a property that is NoValue is undefined', () => {
    expect(resolved({ Ref: 'AWS::NoValue' })).toBeUndefined();
  });

  test('a dynamic reference asks for the secret by its ARN', () => {
    const asked: string[] = [];
    const secrets = {
      value: (id = '') => {
        asked.push(id);
        return 's';
      },
    };
    resolved('{{resolve:secretsmanager:arn:aws:secretsmanager:eu-west-1:1:secret:app-x1:SecretString:::}}', secrets);
    expect(asked).toEqual(['arn:aws:secretsmanager:eu-west-1:1:secret:app-x1']);
  });

  test.each<[string, unknown, string]>([
    [
      'an unknown function',
      { 'Fn::Transform': {} },
      "Consumer/Subject property Value: intrinsic function 'Fn::Transform' is not known here",
    ],
    ['an unknown name', { Ref: 'Nobody' }, "Ref of 'Nobody', which is neither a resource nor a parameter of stack 'Consumer'"],
    ['an unknown attribute', { 'Fn::GetAtt': ['Bolt', 'Weight'] }, "attribute 'Weight' of Test::Thing is not known here"],
    ['a parameter without a default', { Ref: 'Unset' }, "parameter 'Unset' has no default"],
    ['an unknown export', { 'Fn::ImportValue': 'x' }, "no stack exports 'x'"],
    [
      'an unknown output',
      { 'Fn::GetStackOutput': { StackName: 'Producer', OutputName: 'x' } },
      "stack 'Producer' has no output 'x'",
    ],
    ['a missing item', { 'Fn::Select': [3, ['a']] }, 'Fn::Select has no item 3 among 1'],
    ['a missing mapping', { 'Fn::FindInMap': ['Sizes', 'x', 'y'] }, "mapping 'Sizes' has no 'x' / 'y'"],
    ['a missing condition', { 'Fn::If': ['x', 1, 2] }, "stack 'Consumer' has no condition 'x'"],
    ['blocks that do not fit', { 'Fn::Cidr': ['10.0.0.0/24', 2, 8] }, "Fn::Cidr: 2 blocks of /24 don't fit into '10.0.0.0/24'"],
    ['a dynamic reference to SSM', '{{resolve:ssm:/x}}', "dynamic reference 'ssm:/x' is not known here, only secretsmanager"],
    ['a missing key of a secret', '{{resolve:secretsmanager:app:SecretString:user}}', "secret 'app' has no key 'user'"],
  ])('fails on %s', (_, value, message) => {
    expect(() => resolved(value)).toThrow(message);
  });

  test('fails on a circle and names it', () => {
    expect(() => resolved({ Ref: 'Subject' })).not.toThrow();
    const model = modelOf({
      S: {
        template: {
          Resources: {
            A: { Type: 'Test::Thing', Properties: { Name: { Ref: 'B' } } },
            B: { Type: 'Test::Thing', Properties: { Name: { Ref: 'A' } } },
          },
        },
      },
    });
    expect(() => model.resources('Test::Thing')[0]!.properties.Name).toThrow(
      'circular reference: S/A property Name -> S/B Ref -> S/B property Name -> S/A Ref -> S/A property Name',
    );
  });
});
