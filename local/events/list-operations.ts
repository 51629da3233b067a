import type { Environment, Operation } from '../types';
import type { EventsOptions } from './from-template';
import { busArn } from './resource-types';

/** `ListEventBuses`, `ListRules` and `ListTargetsByRule`: the buses and rules of the template. */
export function listOperations(
  { buses, rules }: Pick<EventsOptions, 'buses' | 'rules'>,
  environment: Pick<Environment, 'account' | 'region'>,
): Readonly<Record<'ListEventBuses' | 'ListRules' | 'ListTargetsByRule', Operation>> {
  const nameOf = (bus: string | undefined) => bus?.slice(bus.lastIndexOf('/') + 1) ?? 'default';
  const ofBus = ({ EventBusName }: { EventBusName?: string }) => rules.filter(({ bus }) => bus === nameOf(EventBusName));
  return {
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
