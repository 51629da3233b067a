import type { Model, Resource } from '../types';
import type { DeliveryOptions } from './bus';
import { compilePattern } from './pattern';
import { ruleArn, ruleBus, ruleName } from './resource-types';
import type { Rule, RuleTarget } from './rule';
import { parseSchedule } from './schedule';
import { compileInput } from './target-input';

/** The buses and rules of a template. */
export interface EventsOptions extends DeliveryOptions {
  /** Names of the buses besides `default`. */
  readonly buses: readonly string[];
  readonly rules: readonly Rule[];
}

/** EventBridge's retry policy where a target doesn't say: 185 times over 24 hours. */
const DEFAULT_RETRIES = 185;
const DEFAULT_AGE_SECONDS = 86_400;

/** @throws an Error on a rule that EventBridge would refuse, or that can't be run here. */
export function eventsFromTemplate(model: Model): EventsOptions {
  const buses = model.resources('AWS::Events::EventBus').map(({ properties }) => properties.Name as string);
  const rules = model.resources('AWS::Events::Rule').map((rule) => ruleOptions(model, rule));
  for (const { bus, name } of rules) {
    if (bus !== 'default' && !buses.includes(bus))
      throw new Error(`rule ${name}: 'EventBusName' must be a bus of the template, got: ${bus}`);
  }
  return { buses, rules };
}

function ruleOptions({ environment }: Model, rule: Resource): Rule {
  const { EventPattern, ScheduleExpression, State = 'ENABLED', Targets = [] } = rule.properties;
  const where = `${rule.stack}/${rule.logicalId}`;
  const bus = ruleBus(rule);
  if (EventPattern === undefined && ScheduleExpression === undefined) {
    throw new Error(`${where}: a rule needs 'EventPattern' or 'ScheduleExpression'`);
  }
  if (ScheduleExpression !== undefined && bus !== 'default') {
    throw new Error(`${where}: 'ScheduleExpression' is for rules of the default bus only, got bus: ${bus}`);
  }
  return {
    name: ruleName(rule),
    arn: ruleArn(rule, environment),
    bus,
    enabled: State !== 'DISABLED',
    ...(EventPattern !== undefined && { matches: compilePattern(json(EventPattern), where) }),
    ...(ScheduleExpression !== undefined && { schedule: parseSchedule(ScheduleExpression, where) }),
    targets: Targets.map((target: Record<string, unknown>) => targetOptions(target, where)),
  };
}

// biome-ignore lint/suspicious/noExplicitAny: properties have no static shape here
function targetOptions(target: any, where: string): RuleTarget {
  const service = String(target.Arn).split(':')[2];
  if (service !== 'lambda' && service !== 'sqs') {
    throw new Error(`${where}: target '${target.Id}' must be a function or a queue to be run here, got: ${target.Arn}`);
  }
  return {
    id: target.Id,
    arn: target.Arn,
    input: compileInput(target, `${where} target '${target.Id}'`),
    retry: {
      maximumRetryAttempts: Number(target.RetryPolicy?.MaximumRetryAttempts ?? DEFAULT_RETRIES),
      maximumEventAgeSeconds: Number(target.RetryPolicy?.MaximumEventAgeInSeconds ?? DEFAULT_AGE_SECONDS),
    },
    ...(target.DeadLetterConfig?.Arn !== undefined && { deadLetterArn: target.DeadLetterConfig.Arn }),
  };
}

/** CloudFormation takes a pattern as an object or as JSON text. */
function json(value: unknown): unknown {
  return typeof value === 'string' ? JSON.parse(value) : value;
}
