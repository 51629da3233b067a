import type { Model, Resource } from '../types';
import type { EventSourceOptions } from './event-source';
import { DEFAULT_RETENTION, DEFAULT_VISIBILITY, MAX_MESSAGE_BYTES } from './limits';
import type { QueueOptions } from './queue';
import { queueArn, queueName, queueUrl } from './resource-types';

/** The queues of a template, and the functions that they feed. */
export interface QueuesOptions {
  readonly queues: readonly QueueOptions[];
  readonly eventSources: readonly EventSourceOptions[];
  /** Probability that a receive takes a later message before an earlier one. @default 0.05 */
  readonly reorderProbability?: number;
}

/** @throws an Error where AWS would refuse to create the resource, or where it can't be run here. */
export function queuesFromTemplate(model: Model): QueuesOptions {
  const queues = model.resources('AWS::SQS::Queue').map((queue) => queueOptions(model, queue));
  checkRedrive(model);
  return {
    queues,
    eventSources: model.resources('AWS::Lambda::EventSourceMapping').map((mapping) => eventSource(model, mapping, queues)),
  };
}

function queueOptions({ environment }: Model, queue: Resource): QueueOptions {
  const { properties } = queue;
  if (bool(properties.FifoQueue) || queueName(queue).endsWith('.fifo')) {
    throw new Error(`${id(queue)}: 'FifoQueue' must be false, since FIFO queues are not run here`);
  }
  const redrive = json(properties.RedrivePolicy);
  return {
    arn: queueArn(queue, environment),
    name: queueName(queue),
    url: queueUrl(queue, environment),
    visibilitySeconds: Number(properties.VisibilityTimeout ?? DEFAULT_VISIBILITY),
    delaySeconds: Number(properties.DelaySeconds ?? 0),
    retentionSeconds: Number(properties.MessageRetentionPeriod ?? DEFAULT_RETENTION),
    maximumMessageBytes: Number(properties.MaximumMessageSize ?? MAX_MESSAGE_BYTES),
    receiveWaitSeconds: Number(properties.ReceiveMessageWaitTimeSeconds ?? 0),
    ...(redrive && {
      redrive: { deadLetterArn: redrive.deadLetterTargetArn as string, maxReceiveCount: Number(redrive.maxReceiveCount) },
    }),
  };
}

/** A dead-letter queue must be in the template, and may say whose it is. */
function checkRedrive(model: Model): void {
  for (const source of model.resources('AWS::SQS::Queue')) {
    const arn = json(source.properties.RedrivePolicy)?.deadLetterTargetArn;
    if (arn === undefined) continue;
    const target = model.find('AWS::SQS::Queue', arn);
    if (!target) throw new Error(`${id(source)}: 'RedrivePolicy' must name a queue of the template, got: ${arn}`);
    const allow = json(target.properties.RedriveAllowPolicy);
    const listed = allow?.sourceQueueArns?.includes(queueArn(source, model.environment));
    if (allow?.redrivePermission === 'denyAll' || (allow?.redrivePermission === 'byQueue' && !listed)) {
      throw new Error(
        `${id(source)}: 'RedriveAllowPolicy' of ${id(target)} doesn't allow it as a source; add it to 'sourceQueueArns'`,
      );
    }
  }
}

function eventSource(model: Model, mapping: Resource, queues: readonly QueueOptions[]): EventSourceOptions {
  const { properties } = mapping;
  const queue = queues.find(({ arn }) => arn === properties.EventSourceArn);
  if (!queue)
    throw new Error(`${id(mapping)}: 'EventSourceArn' must be a queue of the template, got: ${properties.EventSourceArn}`);
  const fn = model.find('AWS::Lambda::Function', properties.FunctionName);
  const timeout = Number(fn?.properties.Timeout ?? 3);
  if (fn && timeout > queue.visibilitySeconds) {
    throw new Error(
      `${id(mapping)}: 'VisibilityTimeout' of the queue must be at least the function's timeout of ${timeout} s, got: ${queue.visibilitySeconds} s; AWS refuses the mapping otherwise, and advises six times the timeout`,
    );
  }
  const batchSize = Number(properties.BatchSize ?? 10);
  const windowSeconds = Number(properties.MaximumBatchingWindowInSeconds ?? 0);
  if (batchSize > 10 && windowSeconds < 1) {
    throw new Error(
      `${id(mapping)}: 'MaximumBatchingWindowInSeconds' must be at least 1 where 'BatchSize' is over 10, got: ${windowSeconds} with ${batchSize}`,
    );
  }
  const maximumConcurrency = properties.ScalingConfig?.MaximumConcurrency;
  return {
    id: model.ref(mapping),
    queueArn: queue.arn,
    functionArn: fn ? model.attribute(fn, 'Arn') : properties.FunctionName,
    batchSize,
    windowSeconds,
    reportsItemFailures: properties.FunctionResponseTypes?.includes('ReportBatchItemFailures') ?? false,
    enabled: properties.Enabled === undefined || bool(properties.Enabled),
    ...(maximumConcurrency !== undefined && { maximumConcurrency: Number(maximumConcurrency) }),
  };
}

function id({ stack, logicalId }: Resource): string {
  return `${stack}/${logicalId}`;
}

function bool(value: unknown): boolean {
  return value === true || value === 'true';
}

/** CloudFormation takes these properties as an object or as JSON text. */
// biome-ignore lint/suspicious/noExplicitAny: properties have no static shape here
function json(value: any): any {
  return typeof value === 'string' ? JSON.parse(value) : value;
}
