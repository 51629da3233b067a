import { type ConditionKeys, checkConditions, conditionsHold } from '../../../local/aws/conditions';

const keys: ConditionKeys = {
  'aws:principalarn': ['arn:aws:iam::1:role/app/worker'],
  'aws:sourceip': ['10.0.1.7'],
  'aws:securetransport': ['true'],
  'aws:currenttime': ['2026-06-01T00:00:00Z'],
  'events:source': ['app', 'tool'],
  count: ['5'],
};

const table: [operator: string, key: string, wanted: unknown, holds: boolean][] = [
  ['StringEquals', 'AWS:PrincipalArn', 'arn:aws:iam::1:role/app/worker', true],
  ['StringEquals', 'count', ['4', '5'], true],
  ['StringEquals', 'count', 5, true],
  ['StringEquals', 'missing', 'x', false],
  ['StringEqualsIfExists', 'missing', 'x', true],
  ['StringEqualsIfExists', 'count', 'x', false],
  ['StringNotEquals', 'count', '4', true],
  ['StringNotEquals', 'count', ['4', '5'], false],
  ['StringNotEquals', 'missing', 'x', true],
  ['StringEqualsIgnoreCase', 'aws:SecureTransport', 'TRUE', true],
  ['StringLike', 'aws:PrincipalArn', '*role/app/*', true],
  ['StringNotLike', 'aws:PrincipalArn', '*role/app/*', false],
  ['ArnEquals', 'aws:PrincipalArn', 'arn:aws:iam::*:role/app/*', true],
  ['ArnLike', 'aws:PrincipalArn', 'arn:aws:iam:*:role/app/worker', false],
  ['ArnNotLike', 'aws:PrincipalArn', 'arn:aws:iam::2:*', true],
  ['Bool', 'aws:SecureTransport', true, true],
  ['Bool', 'aws:SecureTransport', 'false', false],
  ['NumericLessThan', 'count', '6', true],
  ['NumericGreaterThanEquals', 'count', 5, true],
  ['NumericNotEquals', 'count', 5, false],
  ['DateGreaterThan', 'aws:CurrentTime', '2026-01-01T00:00:00Z', true],
  ['IpAddress', 'aws:SourceIp', ['192.168.0.0/16', '10.0.0.0/16'], true],
  ['NotIpAddress', 'aws:SourceIp', '10.0.0.0/16', false],
  ['IpAddress', 'aws:SourceIp', '10.0.1.8', false],
  ['Null', 'missing', true, true],
  ['Null', 'count', 'true', false],
  ['Null', 'count', false, true],
  ['ForAllValues:StringEquals', 'events:source', ['app', 'tool', 'x'], true],
  ['ForAllValues:StringEquals', 'events:source', ['app'], false],
  ['ForAllValues:StringEquals', 'missing', ['app'], true],
  ['ForAnyValue:StringEquals', 'events:source', ['tool'], true],
  ['ForAnyValue:StringEquals', 'missing', ['tool'], false],
  ['ForAllValues:StringNotEquals', 'events:source', ['x'], true],
  ['ForAnyValue:StringLike', 'events:source', 't*', true],
];

describe('a condition', () => {
  test.each(table)('%s of %s with %j is %s', (operator, key, wanted, holds) => {
    const block = { [operator]: { [key]: wanted } };
    checkConditions(block, 'policy');
    expect(conditionsHold(block, keys)).toBe(holds);
  });

  test('must hold for every key and every operator', () => {
    expect(conditionsHold({ StringEquals: { count: '5', 'aws:SecureTransport': 'false' } }, keys)).toBe(false);
    expect(conditionsHold({ StringEquals: { count: '5' }, Bool: { 'aws:SecureTransport': 'true' } }, keys)).toBe(true);
  });

  test.each([
    'StringMatches',
    'ForSomeValues:StringEquals',
    'stringequals',
    'NullIfExists',
  ])('fails on the operator %s', (operator) => {
    expect(() => checkConditions({ [operator]: { a: 'b' } }, 'Stack/Policy')).toThrow(
      `Stack/Policy: condition operator '${operator}'`,
    );
  });
});
