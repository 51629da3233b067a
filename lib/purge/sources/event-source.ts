import { Stack } from 'aws-cdk-lib';
import * as events from 'aws-cdk-lib/aws-events';
import { type IPurgePipeline, type IPurgeSource, type PurgeSourceOptions, submission } from './purge-source';

/** Which events purge, and what. */
export interface EventSourceOptions extends PurgeSourceOptions {
  /** The events that ask for a purge. */
  readonly eventPattern: events.EventPattern;

  /**
   * The bus that they are on.
   * @default - the account's default bus
   */
  readonly eventBus?: events.IEventBus;
}

/**
 * Purges by events of any bus. Values of the event become part of a tag as they are: one that makes no valid tag is refused by the worker,
 * and ends up among the dead letters.
 */
export class EventSource implements IPurgeSource {
  constructor(private readonly options: EventSourceOptions) {}

  bind(pipeline: IPurgePipeline, id: string): void {
    const { eventPattern, eventBus } = this.options;
    new events.Rule(pipeline, `Source${id}`, {
      description: `Purges ${this.options.tags.join(', ')}`,
      eventPattern,
      eventBus,
      targets: [pipeline.submissionTarget(submission(this.options))],
    });
  }
}

/** When to purge, and what. */
export interface ScheduleSourceOptions extends PurgeSourceOptions {
  /** When, as EventBridge has it. */
  readonly schedule: events.Schedule;
}

/** Purges at fixed times, such as after a nightly import. */
export class ScheduleSource implements IPurgeSource {
  constructor(private readonly options: ScheduleSourceOptions) {}

  bind(pipeline: IPurgePipeline, id: string): void {
    new events.Rule(pipeline, `Source${id}`, {
      description: `Purges ${this.options.tags.join(', ')}`,
      schedule: this.options.schedule,
      targets: [pipeline.submissionTarget(submission(this.options))],
    });
  }
}

/** Whose deployments purge, and what. */
export interface DeploymentSourceOptions extends PurgeSourceOptions {
  /** The stack whose deployments change what is served. */
  readonly stack: Stack;
}

/** Purges after each deployment of a stack, once CloudFormation says that it is complete. */
export class DeploymentSource implements IPurgeSource {
  constructor(private readonly options: DeploymentSourceOptions) {}

  bind(pipeline: IPurgePipeline, id: string): void {
    const { stack, ...options } = this.options;
    const { partition, region, account } = Stack.of(pipeline);
    new EventSource({
      ...options,
      eventPattern: {
        source: ['aws.cloudformation'],
        detailType: ['CloudFormation Stack Status Change'],
        detail: {
          // By its name, so that no stack depends on the other.
          'stack-id': [{ prefix: `arn:${partition}:cloudformation:${region}:${account}:stack/${stack.stackName}/` }],
          'status-details': { status: ['CREATE_COMPLETE', 'UPDATE_COMPLETE'] },
        },
      },
    }).bind(pipeline, id);
  }
}
