import { AwsError, type Operation } from '../types';
import { compilePattern } from './pattern';

interface TestEventPatternInput {
  readonly EventPattern?: string;
  readonly Event?: string;
}

/** `TestEventPattern`: whether an event would match, without any rule. */
export const testEventPatternOperation: Operation<TestEventPatternInput> = {
  input: { EventPattern: 'text', Event: 'text' },
  required: ['EventPattern', 'Event'],
  action: 'events:TestEventPattern',
  resources: () => [],
  handle({ EventPattern, Event }) {
    try {
      return { Result: compilePattern(JSON.parse(EventPattern ?? ''), 'TestEventPattern')(JSON.parse(Event ?? '')) };
    } catch (error) {
      throw new AwsError('InvalidEventPatternException', `Event pattern is not valid. Reason: ${(error as Error).message}`);
    }
  },
};
