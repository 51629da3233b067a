import type { InvokeResult, QueueMessage } from '../types';

/**
 * Ids of the messages that a function didn't handle. Where the answer isn't understood, all of them, which is Lambda's rule: an
 * error, text that is not JSON, an empty or missing `itemIdentifier`, or one that isn't in the batch. Nothing reported is
 * success.
 */
export function failedMessages(batch: readonly QueueMessage[], { payload, functionError }: InvokeResult): Set<string> {
  const all = new Set(batch.map(({ messageId }) => messageId));
  if (functionError) return all;
  let answer: { batchItemFailures?: unknown } | null;
  try {
    answer = JSON.parse(payload || 'null');
  } catch {
    return all;
  }
  const failures = answer?.batchItemFailures;
  if (failures === undefined || failures === null) return new Set();
  if (!Array.isArray(failures)) return all;
  const ids = failures.map((failure) => failure?.itemIdentifier);
  return ids.every((id) => all.has(id)) ? new Set(ids) : all;
}
