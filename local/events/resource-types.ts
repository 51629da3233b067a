import { createHash } from 'node:crypto';
import type { Environment, Resource, ResourceTypes } from '../types';

/** Longest name of a rule (EventBridge quotas). */
const RULE_NAME = 64;

export function ruleName({ stack, logicalId, properties }: Resource): string {
  const full: string = properties.Name ?? `${stack}-${logicalId}`;
  if (full.length <= RULE_NAME) return full;
  return `${full.slice(0, RULE_NAME - 9)}-${createHash('sha256').update(full).digest('hex').slice(0, 8)}`;
}

/** The bus of a rule, by name or ARN. */
export function ruleBus({ properties }: Resource): string {
  const bus: string = properties.EventBusName ?? 'default';
  return bus.startsWith('arn:') ? bus.slice(bus.lastIndexOf('/') + 1) : bus;
}

export function ruleArn(rule: Resource, { account, region }: Environment): string {
  const bus = ruleBus(rule);
  return `arn:aws:events:${region}:${account}:rule/${bus === 'default' ? '' : `${bus}/`}${ruleName(rule)}`;
}

export function busArn(name: string, { account, region }: Pick<Environment, 'account' | 'region'>): string {
  return `arn:aws:events:${region}:${account}:event-bus/${name}`;
}

/** Buses, rules, and who may put events. */
export const types: ResourceTypes = {
  'AWS::Events::EventBus': {
    honours: ['Name'],
    ignores: {
      Description: 'text for people',
      KmsKeyIdentifier: 'events are kept in memory only',
      LogConfig: 'what goes over a bus is counted by the platform itself',
      Tags: 'no policy that is evaluated here reads tags',
    },
    ref: ({ properties }) => properties.Name,
    attributes: {
      Arn: ({ properties }, environment) => busArn(properties.Name, environment),
      Name: ({ properties }) => properties.Name,
    },
  },
  'AWS::Events::Rule': {
    honours: [
      'Name',
      'EventBusName',
      'EventPattern',
      'ScheduleExpression',
      'State',
      'Targets.Id',
      'Targets.Arn',
      'Targets.Input',
      'Targets.InputPath',
      'Targets.InputTransformer',
      'Targets.RetryPolicy',
      'Targets.DeadLetterConfig',
    ],
    ignores: {
      Description: 'text for people',
      RoleArn: 'functions and queues let rules in by their own policies',
      Tags: 'no policy that is evaluated here reads tags',
    },
    ref: (rule) => (ruleBus(rule) === 'default' ? ruleName(rule) : `${ruleBus(rule)}|${ruleName(rule)}`),
    attributes: { Arn: ruleArn },
  },
  'AWS::Events::EventBusPolicy': {
    honours: ['EventBusName', 'StatementId', 'Statement'],
    ref: ({ properties }) => `${properties.EventBusName ?? 'default'}|${properties.StatementId}`,
  },
};
