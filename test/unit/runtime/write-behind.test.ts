import { Consumer } from '../../../lambdas/runtime/write-behind/consumer';
import type { Streams, StreamWrite } from '../../../lambdas/runtime/write-behind/streams';
import { version } from '../../contract/shared-store';

const write = (slot: number): StreamWrite => ({ id: `${slot}-1`, entryName: `n/1/${slot}`, key: `${slot}`, row: '1', json: '1' });

/** Streams in which the odd slots are on a shard that hangs. */
function streams(changes: Partial<Streams> = {}): { streams: Streams; acknowledged: string[] } {
  const acknowledged: string[] = [];
  const hung = (slot: number) => slot % 2 === 1;
  const late = () => Promise.reject(new Error('no answer within the budget'));
  const all = {
    marks: ['all'],
    marked: async () => [0, 1, 2, 3],
    claim: async (slot: number) => (hung(slot) ? late() : []),
    read: async (slot: number) => (hung(slot) ? late() : [write(slot)]),
    unmark: async () => {},
    acknowledge: async (entryName: string) => {
      if (entryName === 'n/1/2') await late();
      acknowledged.push(entryName);
    },
    ...changes,
  };
  return { streams: all as unknown as Streams, acknowledged };
}

describe('a consumer of queued writes', () => {
  const options = { name: 'c', batchSize: 100, claimMs: 1000, fenceMs: 1000, current: async () => version(1) };

  test('flushes what the other shards have delivered while one hangs', async () => {
    const { streams: queued, acknowledged } = streams();
    const flushed: string[] = [];
    const errors: unknown[] = [];
    const consumer = new Consumer(queued, {
      ...options,
      flush: async (writes) => {
        flushed.push(...writes.map(({ key }) => key));
      },
      onError: (error) => errors.push(error),
    });
    expect(await consumer.round()).toBe(2);
    expect(flushed).toEqual(['0', '2']);
    expect(acknowledged).toEqual(['n/1/0']);
    // Two slots, each asked twice, and one acknowledgement.
    expect(errors).toHaveLength(5);
  });

  test('flushes the slots of its last round while the shard of their marks hangs, and what is new on the others', async () => {
    let hangs = false;
    const { streams: queued } = streams({
      marks: ['of a shard that will hang', 'of another'],
      marked: async (marks: string) => {
        if (marks === 'of another') return hangs ? [4] : [];
        if (hangs) throw new Error('no answer within the budget');
        return [0, 2];
      },
    });
    const consumer = new Consumer(queued, { ...options, flush: async () => {}, onError: () => {} });
    expect(await consumer.round()).toBe(2);
    hangs = true;
    expect(await consumer.round()).toBe(3);
  });
});
