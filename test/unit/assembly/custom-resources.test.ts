import { type CustomResourcesOptions, executionOrder, makeCustomResources } from '../../../local/assembly';
import type { Template } from '../../../local/assembly/template';
import type { Clock, InvokeResult, ResourceTypes } from '../../../local/types';
import { modelOf } from '../../support/assembly';

const TYPES: ResourceTypes = {
  'AWS::Lambda::Function': {
    honours: ['Handler'],
    ref: (resource) => resource.logicalId,
    attributes: { Arn: (resource) => `arn:${resource.logicalId}` },
  },
};

const custom = (extra: Record<string, unknown> = {}, dependsOn?: string[]) => ({
  Type: 'Custom::Step',
  Properties: { ServiceToken: { 'Fn::GetAtt': ['Fn', 'Arn'] }, ...extra },
  ...(dependsOn && { DependsOn: dependsOn }),
});

const FN = { Type: 'AWS::Lambda::Function', Properties: { Handler: 'index.handler' } };

type Event = Record<string, unknown> & { ResponseURL: string };
type Put = (event: Event, answer?: Record<string, unknown>) => void;

function setUp(template: Template, handler: (event: Event, put: Put) => Promise<InvokeResult>) {
  const model = modelOf({ S: { template } }, { types: TYPES });
  const expected = new Map<string, (body: string) => void>();
  const events: Event[] = [];
  const put: Put = (event, answer = {}) => {
    const { StackId, RequestId, LogicalResourceId } = event;
    const body = {
      Status: 'SUCCESS',
      PhysicalResourceId: `made-${LogicalResourceId}`,
      StackId,
      RequestId,
      LogicalResourceId,
      ...answer,
    };
    expected.get(new URL(event.ResponseURL).pathname)?.(JSON.stringify(body));
  };
  // Time that passes at once: whoever waits for a moment is called back in the next turn.
  const clock: Clock = {
    now: () => 0,
    schedule: (_, callback) => {
      const timer = setImmediate(callback);
      return () => clearImmediate(timer);
    },
  };
  const options: CustomResourcesOptions = {
    model,
    expectResponse: (token, listener) => {
      expected.set(`/_custom-resource/${token}`, listener);
      return () => expected.delete(`/_custom-resource/${token}`);
    },
    clock,
    log: () => undefined,
    functions: new Map([
      [
        'arn:Fn',
        {
          arn: 'arn:Fn',
          invoke: (event) => {
            events.push(event as Event);
            return handler(event as Event, put);
          },
        },
      ],
    ]),
  };
  const run = (more: Partial<CustomResourcesOptions> = {}) => makeCustomResources({ ...options, ...more });
  return { model, events, expected, run };
}

const succeed = async (event: Event, put: Put) => {
  put(event);
  return { payload: 'null' };
};

describe('custom resources', () => {
  test('that fail name what their function was not let through to', async () => {
    const { run } = setUp({ Resources: { A: custom(), Fn: FN } }, async (event, put) => {
      put(event, { Status: 'FAILED', Reason: 'fetch failed' });
      return { payload: 'null' };
    });
    const rule = 'no connection to postgres:S/Db: no security group lets TCP 5432 out';
    await expect(run({ blocked: (arn) => (arn === 'arn:Fn' ? [rule, rule] : []) })).rejects.toThrow(
      `S/A: custom resource failed: fetch failed; its function was not let through: ${rule}`,
    );
  });

  test('are made in the order of their dependencies, also through other resources', () => {
    const { model } = setUp(
      {
        Resources: {
          Last: custom({}, ['Middle']),
          Middle: custom({ Before: { Ref: 'Other' } }),
          Other: { ...FN, DependsOn: 'First' },
          First: custom(),
          Fn: FN,
        },
      },
      succeed,
    );
    expect(executionOrder(model).map(({ logicalId }) => logicalId)).toEqual(['First', 'Middle', 'Last']);
  });

  test('get a Create event with their properties as text', async () => {
    const { events, expected, run } = setUp({ Resources: { Fn: FN, X: custom({ Count: 3, On: true, List: [1] }) } }, succeed);
    await run();
    expect(expected.size).toBe(0);
    expect(events).toEqual([
      {
        RequestType: 'Create',
        ServiceToken: 'arn:Fn',
        ResponseURL: expect.stringMatching(/^http:\/\/127\.0\.0\.1:1\/_custom-resource\/[0-9a-f-]{36}$/),
        StackId: expect.stringContaining(':stack/S/'),
        RequestId: expect.any(String),
        LogicalResourceId: 'X',
        ResourceType: 'Custom::Step',
        ResourceProperties: { ServiceToken: 'arn:Fn', Count: '3', On: 'true', List: ['1'] },
      },
    ]);
  });

  test('answer Ref and Fn::GetAtt once they are made', async () => {
    const template = {
      Resources: { Fn: FN, X: custom(), Y: custom({ From: { 'Fn::GetAtt': ['X', 'Colour'] } }) },
      Outputs: { Ref: { Value: { Ref: 'X' } } },
    };
    const { model, events, run } = setUp(template, async (event, put) => {
      put(event, { Data: { Colour: 'red' } });
      return { payload: 'null' };
    });
    expect(() => model.outputs()).toThrow('custom resource S/X is read before it was made');
    await run();
    expect(events[1]!.ResourceProperties).toMatchObject({ From: 'red' });
    expect(model.outputs()[0]!.value).toBe('made-X');
  });

  test.each<[string, (event: Event, put: Put) => Promise<InvokeResult>, string]>([
    [
      'answers FAILED',
      async (event, put) => {
        put(event, { Status: 'FAILED', Reason: 'no table' });
        return { payload: 'null' };
      },
      'S/X: custom resource failed: no table',
    ],
    [
      'throws',
      async () => ({ payload: '{"errorMessage":"boom"}', functionError: 'Unhandled' }),
      'custom resource failed: {"errorMessage":"boom"}',
    ],
    ['returns without answering', async () => ({ payload: 'null' }), 'its function returned without answering'],
    [
      'answers for another request',
      async (event, put) => {
        put(event, { RequestId: 'other' });
        return { payload: 'null' };
      },
      "its answer has RequestId 'other'",
    ],
    [
      'answers with more than CloudFormation takes',
      async (event, put) => {
        put(event, { Data: { text: 'x'.repeat(5000) } });
        return { payload: 'null' };
      },
      "its answer is larger than 4096 bytes, CloudFormation's limit",
    ],
  ])('fail the start when the function %s', async (_, handler, message) => {
    const { run } = setUp({ Resources: { Fn: FN, X: custom() } }, handler);
    await expect(run()).rejects.toThrow(message);
  });
});
