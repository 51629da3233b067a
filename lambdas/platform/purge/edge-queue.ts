import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import type { ExecutorPorts } from './purge-path';
import { formatEvent } from './worker';

export interface EdgeQueueOptions {
  readonly url: string;
  /** @default - a client of this function's region */
  readonly client?: Pick<SQSClient, 'send'>;
}

/** The executor's own queue, as its memory: it sends itself what is to be done later. */
export function createEdgeQueue({ url, client }: EdgeQueueOptions): ExecutorPorts['defer'] {
  const sqs = client ?? new SQSClient({ maxAttempts: 3, requestHandler: { connectionTimeout: 1_000, requestTimeout: 3_000 } });
  return async ({ type, detail }, delaySeconds) => {
    await sqs.send(new SendMessageCommand({ QueueUrl: url, MessageBody: formatEvent(type, detail), DelaySeconds: delaySeconds }));
  };
}
