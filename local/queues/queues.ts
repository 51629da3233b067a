import type { Operations, Product, ProductContext } from '../types';
import { EventSource } from './event-source';
import type { QueuesOptions } from './from-template';
import { sqsOperations } from './operations';
import { type MessageView, Queue, type QueueStats } from './queue';

/** The queues at run time. */
export interface Queues extends Product {
  readonly operations: Operations;
  /** State of each queue, by name. */
  stats(): Readonly<Record<string, QueueStats>>;
  /** Views of the oldest messages of a queue; none of one that isn't there. */
  peek(name: string, most: number): MessageView[];
}

/**
 * Makes the queues, and registers them at once, so that others find them whatever the order of starting; `start` starts polling.
 */
export function createQueues(options: QueuesOptions, context: ProductContext): Queues {
  const { environment, registry, clock, log } = context;
  const random = () => context.random();
  const byArn = new Map<string, Queue>();
  for (const each of options.queues) {
    const queue = new Queue(each, {
      clock,
      random,
      deadLetter: (message) => {
        const target = byArn.get(each.redrive?.deadLetterArn ?? '');
        target?.takeOver(message);
        if (target) log('queues', `message ${message.messageId} of ${each.name} moved to ${target.options.name}`);
        return target !== undefined;
      },
      ...(options.reorderProbability !== undefined && { reorderProbability: options.reorderProbability }),
    });
    byArn.set(each.arn, queue);
    registry.queues.set(each.arn, queue);
  }
  const queues = [...byArn.values()];
  const sources = options.eventSources.map(
    (each) =>
      new EventSource(each, byArn.get(each.queueArn)!, {
        clock,
        random,
        log,
        region: environment.region,
        function: (arn) => registry.functions.get(arn),
      }),
  );
  return {
    async start() {
      for (const source of sources) source.start();
    },
    async dispose() {
      for (const source of sources) source.dispose();
      for (const queue of queues) queue.dispose();
      for (const { arn } of queues) registry.queues.delete(arn);
    },
    operations: sqsOperations(queues, environment),
    peek: (name, most) => queues.find(({ options }) => options.name === name)?.peek(most) ?? [],
    stats: () => Object.fromEntries(queues.map((queue) => [queue.options.name, queue.stats()])),
  };
}
