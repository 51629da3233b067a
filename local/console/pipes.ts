import type { AssemblyModel } from '../assembly';
import type { Products } from '../products';
import type { MessageRow, Pipes } from './protocol';

/** Messages of a queue that are shown. */
const MOST_MESSAGES = 50;

/** Longest part of a body that is shown, in characters. */
const MOST_CHARACTERS = 4000;

/** Queues, with what has been given up, and rules. */
export class PipesWatch {
  readonly #products: Pick<Products, 'queues' | 'events'>;
  readonly #deadLetters: ReadonlySet<string>;

  constructor(products: Pick<Products, 'queues' | 'events'>, model: AssemblyModel) {
    this.#products = products;
    this.#deadLetters = deadLetterQueues(model);
  }

  look(): Pipes {
    const queues = Object.entries(this.#products.queues.stats()).map(([name, stats]) => ({
      name,
      isDeadLetters: this.#deadLetters.has(name),
      ...stats,
    }));
    const rules = Object.entries(this.#products.events.stats()).map(([name, stats]) => ({ name, ...stats }));
    return { queues, rules };
  }

  messages(queue: string): MessageRow[] {
    return this.#products.queues.peek(queue, MOST_MESSAGES).map(({ attributes, body, ...view }) => ({
      ...view,
      body: body.slice(0, MOST_CHARACTERS),
      attributes: Object.fromEntries(Object.entries(attributes).map(([name, { StringValue }]) => [name, StringValue ?? ''])),
    }));
  }
}

/** Names of the queues that anything of the template gives up to. */
function deadLetterQueues(model: AssemblyModel): Set<string> {
  const takers = ['AWS::SQS::Queue', 'AWS::Events::Rule', 'AWS::Lambda::Function', 'AWS::Lambda::EventInvokeConfig'];
  const targets = takers.flatMap((type) =>
    model.resources(type).flatMap(({ properties }) => {
      const redrive = properties.RedrivePolicy;
      return [
        (typeof redrive === 'string' ? JSON.parse(redrive) : redrive)?.deadLetterTargetArn,
        properties.DeadLetterConfig?.TargetArn,
        properties.DestinationConfig?.OnFailure?.Destination,
        ...(properties.Targets ?? []).map((target: { DeadLetterConfig?: { Arn?: string } }) => target.DeadLetterConfig?.Arn),
      ];
    }),
  );
  return new Set(targets.filter((arn) => typeof arn === 'string').map((arn) => arn.split(':')[5] ?? ''));
}
