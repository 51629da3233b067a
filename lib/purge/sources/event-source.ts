import { Stack } from 'aws-cdk-lib';
import * as events from 'aws-cdk-lib/aws-events';
import { deploymentsOf } from '../deployments';
import { type IPurgePipeline, type IPurgeSource, type PurgeSourceOptions, submission } from './purge-source';

/** Options of an EventSource. */
export interface EventSourceOptions extends PurgeSourceOptions {
  /** Pattern of the events that request a purge. */
  readonly eventPattern: events.EventPattern;

  /**
   * Bus of the events.
   * @default - the account's default bus
   */
  readonly eventBus?: events.IEventBus;
}

/**
 * Source of purges by events of any bus. Values of the event become part of a tag unchanged: the worker refuses one that makes no
 * valid tag, and the message becomes a dead letter.
 */
export class EventSource implements IPurgeSource {
  readonly #options: EventSourceOptions;

  constructor(options: EventSourceOptions) {
    this.#options = options;
  }

  bind(pipeline: IPurgePipeline, id: string): void {
    const { eventPattern, eventBus } = this.#options;
    new events.Rule(pipeline, `Source${id}`, {
      description: `Purges ${this.#options.tags.join(', ')}`,
      eventPattern,
      eventBus,
      targets: [pipeline.submissionTarget(submission(this.#options))],
    });
  }
}

/** Options of a ScheduleSource. */
export interface ScheduleSourceOptions extends PurgeSourceOptions {
  /** Schedule of EventBridge. */
  readonly schedule: events.Schedule;
}

/** Source of purges at fixed times, such as after a nightly import. */
export class ScheduleSource implements IPurgeSource {
  readonly #options: ScheduleSourceOptions;

  constructor(options: ScheduleSourceOptions) {
    this.#options = options;
  }

  bind(pipeline: IPurgePipeline, id: string): void {
    new events.Rule(pipeline, `Source${id}`, {
      description: `Purges ${this.#options.tags.join(', ')}`,
      schedule: this.#options.schedule,
      targets: [pipeline.submissionTarget(submission(this.#options))],
    });
  }
}

/** Options of a DeploymentSource. */
export interface DeploymentSourceOptions extends PurgeSourceOptions {
  /** Stack whose deployments change responses. */
  readonly stack: Stack;
}

/** Source of a purge after each complete deployment of a stack. */
export class DeploymentSource implements IPurgeSource {
  readonly #options: DeploymentSourceOptions;

  constructor(options: DeploymentSourceOptions) {
    this.#options = options;
  }

  bind(pipeline: IPurgePipeline, id: string): void {
    const { stack, ...options } = this.#options;
    new EventSource({ ...options, eventPattern: deploymentsOf([stack], Stack.of(pipeline)) }).bind(pipeline, id);
  }
}
