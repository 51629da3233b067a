import { failedMessages } from '../../../local/queues/batch-response';
import type { InvokeResult, QueueMessage } from '../../../local/types';

const batch = ['m1', 'm2', 'm3'].map((messageId) => ({ messageId }) as QueueMessage);
const failed = (result: InvokeResult) => [...failedMessages(batch, result)];
const ALL = ['m1', 'm2', 'm3'];

describe('the messages that a function did not handle', () => {
  test.each([
    ['none where it answers null', 'null', []],
    ['none where it answers nothing', '', []],
    ['none where it answers {}', '{}', []],
    ['none where the list is null', '{"batchItemFailures":null}', []],
    ['none where the list is empty', '{"batchItemFailures":[]}', []],
    ['those reported', '{"batchItemFailures":[{"itemIdentifier":"m2"},{"itemIdentifier":"m3"}]}', ['m2', 'm3']],
    ['all where the answer is not JSON', 'oops', ALL],
    ['all where the list is not a list', '{"batchItemFailures":"m1"}', ALL],
    ['all where an id is empty', '{"batchItemFailures":[{"itemIdentifier":""}]}', ALL],
    ['all where an id is null', '{"batchItemFailures":[{"itemIdentifier":null}]}', ALL],
    ['all where the key is another', '{"batchItemFailures":[{"id":"m1"}]}', ALL],
    ['all where an id is not in the batch', '{"batchItemFailures":[{"itemIdentifier":"m1"},{"itemIdentifier":"m9"}]}', ALL],
  ])('are %s', (_, payload, expected) => {
    expect(failed({ payload })).toEqual(expected);
  });

  test('are all where it threw', () => {
    expect(failed({ payload: '{"batchItemFailures":[]}', functionError: 'Unhandled' })).toEqual(ALL);
  });
});
