import { createHash } from 'node:crypto';
import { physicalUuid } from '../assembly/names';
import type { Environment, Resource, ResourceTypes } from '../types';

/** Longest name of a queue (SQS quotas). */
const QUEUE_NAME = 80;

export function queueName({ stack, logicalId, properties }: Resource): string {
  const full: string = properties.QueueName ?? `${stack}-${logicalId}`;
  if (full.length <= QUEUE_NAME) return full;
  return `${full.slice(0, QUEUE_NAME - 9)}-${createHash('sha256').update(full).digest('hex').slice(0, 8)}`;
}

export function queueArn(queue: Resource, { account, region }: Environment): string {
  return `arn:aws:sqs:${region}:${account}:${queueName(queue)}`;
}

/** On the local endpoint's own host, since clients send to the host of the URL and nowhere else. */
export function queueUrl(queue: Resource, { account, endpointUrl }: Environment): string {
  return `${endpointUrl}/${account}/${queueName(queue)}`;
}

const ENCRYPTION = 'messages are kept in memory only';

/** Queues, and the mappings from queues to functions. */
export const types: ResourceTypes = {
  'AWS::SQS::Queue': {
    honours: [
      'QueueName',
      'FifoQueue',
      'VisibilityTimeout',
      'DelaySeconds',
      'MessageRetentionPeriod',
      'MaximumMessageSize',
      'ReceiveMessageWaitTimeSeconds',
      'RedrivePolicy.deadLetterTargetArn',
      'RedrivePolicy.maxReceiveCount',
      'RedriveAllowPolicy.redrivePermission',
      'RedriveAllowPolicy.sourceQueueArns',
    ],
    ignores: {
      SqsManagedSseEnabled: ENCRYPTION,
      KmsMasterKeyId: ENCRYPTION,
      KmsDataKeyReusePeriodSeconds: ENCRYPTION,
      Tags: 'no policy that is evaluated here reads tags',
    },
    ref: queueUrl,
    attributes: { Arn: queueArn, QueueName: queueName, QueueUrl: queueUrl },
  },
  'AWS::SQS::QueuePolicy': {
    honours: ['Queues', 'PolicyDocument'],
    ref: ({ stack, logicalId }) => `${stack}-${logicalId}`,
    attributes: { Id: ({ stack, logicalId }) => `${stack}-${logicalId}` },
  },
  'AWS::Lambda::EventSourceMapping': {
    honours: [
      'EventSourceArn',
      'FunctionName',
      'BatchSize',
      'MaximumBatchingWindowInSeconds',
      'FunctionResponseTypes',
      'ScalingConfig.MaximumConcurrency',
      'Enabled',
    ],
    ignores: {
      Tags: 'no policy that is evaluated here reads tags',
      MetricsConfig: 'CloudWatch does not run here',
    },
    ref: physicalUuid,
    attributes: {
      Id: physicalUuid,
      EventSourceMappingArn: (mapping, { account, region }) =>
        `arn:aws:lambda:${region}:${account}:event-source-mapping:${physicalUuid(mapping)}`,
    },
  },
};
