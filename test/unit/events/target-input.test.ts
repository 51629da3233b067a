import type { BusEvent } from '../../../local/events';
import { compileInput, type InputOptions } from '../../../local/events/target-input';

const event: BusEvent = {
  version: '0',
  id: 'id-1',
  'detail-type': 'Changed',
  source: 'app',
  account: '1',
  time: '2026-01-01T00:00:00Z',
  region: 'r',
  resources: ['arn:a'],
  detail: { name: 'a "quoted" name', count: 3, list: [{ x: 1 }], 'odd key': true },
};
const rule = { name: 'rule-name', arn: 'arn:rule' };
const input = (options: InputOptions) => compileInput(options, 'Stack/Rule')(event, rule);

describe('what a target is given', () => {
  test('the event as it is', () => {
    expect(JSON.parse(input({}))).toEqual(event);
  });

  test('a constant', () => {
    expect(input({ Input: '{"sweep":true}' })).toBe('{"sweep":true}');
  });

  test.each([
    ['$.detail', event.detail],
    ['$.detail.count', 3],
    ['$.detail.list[0].x', 1],
    ["$.detail['odd key']", true],
    ['$.resources[0]', 'arn:a'],
    ['$.detail.missing', null],
    ['$', event],
  ])('the part at %s', (InputPath, expected) => {
    expect(JSON.parse(input({ InputPath }))).toEqual(expected);
  });

  test('a template with values as JSON, and as text between quotes', () => {
    const InputTransformer = {
      InputPathsMap: { name: '$.detail.name', count: '$.detail.count', list: '$.detail.list', missing: '$.detail.missing' },
      InputTemplate:
        '{"name": <name>, "count": <count>, "list": <list>, "text": "<name> x<count><missing>", "rule": "<aws.events.rule-name>"}',
    };
    expect(JSON.parse(input({ InputTransformer }))).toEqual({
      name: 'a "quoted" name',
      count: 3,
      list: [{ x: 1 }],
      text: 'a "quoted" name x3',
      rule: 'rule-name',
    });
  });

  test('a template with the whole event', () => {
    const template = (InputTemplate: string) => JSON.parse(input({ InputTransformer: { InputTemplate } }));
    expect(template('<aws.events.event.json>')).toEqual(event);
    expect(template('{"arn": <aws.events.rule-arn>, "at": <aws.events.event.ingestion-time>}')).toEqual({
      arn: 'arn:rule',
      at: event.time,
    });
    expect(template('<aws.events.event>').detail).toBeUndefined();
  });

  test.each([
    ['a filter in a path', { InputPath: '$.detail[?(@.x)]' }, /must be made of names and indices/],
    ['a path that starts nowhere', { InputPath: 'detail' }, /must be made of names and indices/],
    ['two kinds of input', { Input: '1', InputPath: '$' }, /only one of 'Input'/],
    ['an unknown variable', { InputTransformer: { InputTemplate: '<x>' } }, /names <x>, which is not in 'InputPathsMap'/],
  ])('fails on %s', (_, options, message) => {
    expect(() => compileInput(options, 'Stack/Rule')).toThrow(message);
  });
});
