import { AwsError, type Environment, type Operation } from '../types';
import type { EventsOptions } from './from-template';
import { busArn } from './resource-types';

/** `DescribeEventBus`, `ListEventBuses`, `ListRules` and `ListTargetsByRule`: the buses and rules of the template. */
export function listOperations(
  { buses, rules }: Pick<EventsOptions, 'buses' | 'rules'>,
  environment: Pick<Environment, 'account' | 'region'>,
): Readonly<Record<'DescribeEventBus' | 'ListEventBuses' | 'ListRules' | 'ListTargetsByRule', Operation>> {
  const nameOf = (bus: string | undefined) => bus?.slice(bus.lastIndexOf('/') + 1) ?? 'default';
  const ofBus = ({ EventBusName }: { EventBusName?: string }) => rules.filter(({ bus }) => bus === nameOf(EventBusName));
  return {
    DescribeEventBus: {
      input: { Name: 'text' },
      action: 'events:DescribeEventBus',
      resources: ({ Name }: { Name?: string }) => [busArn(nameOf(Name), environment)],
      handle: ({ Name: given }: { Name?: string }) => {
        const Name = nameOf(given);
        if (Name === 'default' || buses.includes(Name)) return { Name, Arn: busArn(Name, environment) };
        // https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_DescribeEventBus.html
        throw new AwsError('ResourceNotFoundException', `Event bus ${Name.slice(0, 256)} does not exist.`);
      },
    },
    ListEventBuses: {
      input: { NamePrefix: 'text', Limit: 'number', NextToken: 'text' },
      action: 'events:ListEventBuses',
      resources: () => [],
      handle: ({ NamePrefix = '' }) => ({
        EventBuses: ['default', ...buses]
          .filter((name) => name.startsWith(NamePrefix))
          .map((Name) => ({ Name, Arn: busArn(Name, environment) })),
      }),
    },
    ListRules: {
      input: { EventBusName: 'text', NamePrefix: 'text', Limit: 'number', NextToken: 'text' },
      action: 'events:ListRules',
      resources: () => [],
      handle: ({ NamePrefix = '', ...input }) => ({
        Rules: ofBus(input)
          .filter(({ name }) => name.startsWith(NamePrefix))
          .map(({ name, arn, bus, enabled }) => ({
            Name: name,
            Arn: arn,
            EventBusName: bus,
            State: enabled ? 'ENABLED' : 'DISABLED',
          })),
      }),
    },
    ListTargetsByRule: {
      input: { Rule: 'text', EventBusName: 'text', Limit: 'number', NextToken: 'text' },
      required: ['Rule'],
      action: 'events:ListTargetsByRule',
      resources: () => [],
      handle: ({ Rule, ...input }) => ({
        Targets: ofBus(input)
          .filter(({ name }) => name === Rule)
          .flatMap(({ targets }) => targets.map(({ id, arn }) => ({ Id: id, Arn: arn }))),
      }),
    },
  };
}
