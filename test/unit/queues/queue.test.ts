import { createHash } from 'node:crypto';
import { attributesMd5, type MessageAttributes } from '../../../local/queues/md5';
import { type Moved, Queue, type QueueOptions } from '../../../local/queues/queue';
import { ManualClock } from '../../support/manual-clock';

let clock: ManualClock;
let moved: Moved[];

beforeEach(() => {
  clock = new ManualClock();
  moved = [];
});

const OPTIONS: QueueOptions = {
  arn: 'arn:aws:sqs:r:1:q',
  name: 'q',
  url: 'http://localhost/1/q',
  visibilitySeconds: 30,
  delaySeconds: 0,
  retentionSeconds: 3600,
  maximumMessageBytes: 1024,
  receiveWaitSeconds: 0,
};

const make = (options: Partial<QueueOptions> = {}, random = () => 0.99) =>
  new Queue({ ...OPTIONS, ...options }, { clock, random, deadLetter: (message) => moved.push(message) > 0 });

const bodies = (queue: Queue, maxMessages = 10) => queue.receive({ maxMessages }).map(({ body }) => body);

describe('a queue', () => {
  test('hides a received message until its visibility timeout ends', () => {
    const queue = make();
    queue.send('a');
    expect(bodies(queue)).toEqual(['a']);
    expect(bodies(queue)).toEqual([]);
    clock.advance(29_999);
    expect(bodies(queue)).toEqual([]);
    clock.advance(1);
    const [again] = queue.receive({ maxMessages: 1 });
    expect(again).toMatchObject({ body: 'a', receiveCount: 2, firstReceivedAt: clock.now() - 30_000 });
  });

  test('deletes by the handle of the last receive', () => {
    const queue = make();
    queue.send('a');
    const [first] = queue.receive({ maxMessages: 1, visibilitySeconds: 0 });
    const [second] = queue.receive({ maxMessages: 1, visibilitySeconds: 0 });
    queue.delete(first!.receiptHandle);
    expect(queue.stats()).toMatchObject({ visible: 1, deleted: 0 });
    queue.delete(second!.receiptHandle);
    queue.delete(second!.receiptHandle);
    expect(queue.stats()).toMatchObject({ visible: 0, deleted: 1, received: 2, sent: 1 });
  });

  test('holds a message back for its delay, or that of the queue', () => {
    const queue = make({ delaySeconds: 10 });
    queue.send('slow');
    queue.send('slower', { delaySeconds: 20 });
    queue.send('now', { delaySeconds: 0 });
    expect(queue.stats()).toMatchObject({ visible: 1, delayed: 2, inFlight: 0 });
    expect(bodies(queue)).toEqual(['now']);
    clock.advance(10_000);
    expect(bodies(queue)).toEqual(['slow']);
    clock.advance(10_000);
    expect(bodies(queue)).toEqual(['slower']);
  });

  test('changes the visibility of a message in flight, and of no other', () => {
    const queue = make();
    queue.send('a');
    const [message] = queue.receive({ maxMessages: 1 });
    queue.changeVisibility(message!.receiptHandle, 100);
    clock.advance(99_999);
    expect(bodies(queue)).toEqual([]);
    clock.advance(1);
    expect(() => queue.changeVisibility(message!.receiptHandle, 0)).toThrow('not in flight');
  });

  test('gives a message back at once with a visibility of 0', () => {
    const queue = make();
    queue.send('a');
    const [message] = queue.receive({ maxMessages: 1 });
    queue.changeVisibility(message!.receiptHandle, 0);
    expect(bodies(queue)).toEqual(['a']);
  });

  test('moves a message to the dead-letter queue after the last receive that is allowed', () => {
    const queue = make({ redrive: { deadLetterArn: 'dead', maxReceiveCount: 2 } });
    const { messageId } = queue.send('a');
    const sentAt = clock.now();
    for (let receives = 0; receives < 2; receives++) {
      expect(bodies(queue)).toEqual(['a']);
      clock.advance(30_000);
    }
    expect(moved).toEqual([]);
    expect(bodies(queue)).toEqual([]);
    expect(moved).toEqual([expect.objectContaining({ messageId, body: 'a', sentAt })]);
    expect(queue.stats()).toMatchObject({ visible: 0, deadLettered: 1 });
  });

  test('drops a message when it gets too old, and counts its age over a move', () => {
    const queue = make({ retentionSeconds: 60 });
    queue.send('a');
    queue.takeOver({ messageId: 'm', body: 'older', attributes: {}, sentAt: clock.now() - 30_000 });
    clock.advance(30_001);
    expect(queue.stats()).toMatchObject({ visible: 1, expired: 1 });
    clock.advance(30_000);
    expect(queue.stats()).toMatchObject({ visible: 0, expired: 2 });
  });

  test('keeps the order of sending where chance says so, and swaps neighbours where it does not', () => {
    const send = (queue: Queue) => ['a', 'b', 'c'].map((body) => queue.send(body)) && bodies(queue);
    expect(send(make())).toEqual(['a', 'b', 'c']);
    expect(send(make({}, () => 0))).toEqual(['b', 'c', 'a']);
  });

  test('purges everything', () => {
    const queue = make();
    queue.send('a');
    queue.send('b', { delaySeconds: 5 });
    queue.purge();
    expect(queue.stats()).toMatchObject({ visible: 0, delayed: 0 });
  });

  test.each([
    ['a body that is too long', (queue: Queue) => queue.send('x'.repeat(1025)), /must be shorter than 1024 bytes/],
    ['an empty body', (queue: Queue) => queue.send(''), /must contain the parameter MessageBody/],
    ['a delay over 15 minutes', (queue: Queue) => queue.send('a', { delaySeconds: 901 }), /Value 901 for parameter DelaySeconds/],
    [
      'more than ten messages',
      (queue: Queue) => queue.receive({ maxMessages: 11 }),
      /Value 11 for parameter MaxNumberOfMessages/,
    ],
    [
      'a visibility over 12 hours',
      (queue: Queue) => queue.receive({ maxMessages: 1, visibilitySeconds: 43_201 }),
      /VisibilityTimeout/,
    ],
    ['a handle that is none', (queue: Queue) => queue.delete('x'), /not a valid receipt handle/],
    ['a body with a NUL', (queue: Queue) => queue.send('a\0'), /characters outside the allowed set/],
    ['a body with half a surrogate pair', (queue: Queue) => queue.send('\ud800'), /characters outside the allowed set/],
  ])('fails on %s', (_, act, message) => {
    expect(() => act(make())).toThrow(message);
  });
});

describe('a long poll', () => {
  const poll = (queue: Queue, milliseconds = 20_000) => {
    const answers: string[][] = [];
    const stop = queue.poll({ maxMessages: 10 }, milliseconds, (messages) => answers.push(messages.map(({ body }) => body)));
    return { answers, stop };
  };

  test('answers at once where there is something', () => {
    const queue = make();
    queue.send('a');
    expect(poll(queue).answers).toEqual([['a']]);
  });

  test('answers when a message is sent', () => {
    const queue = make();
    const { answers } = poll(queue);
    expect(answers).toEqual([]);
    queue.send('a');
    expect(answers).toEqual([['a']]);
    expect(clock.pending).toBe(0);
  });

  test('answers when a delay, or a visibility timeout, ends', () => {
    const queue = make();
    queue.send('a');
    queue.receive({ maxMessages: 1, visibilitySeconds: 5 });
    queue.send('b', { delaySeconds: 8 });
    const first = poll(queue);
    clock.advance(5000);
    expect(first.answers).toEqual([['a']]);
    const second = poll(queue);
    clock.advance(3000);
    expect(second.answers).toEqual([['b']]);
  });

  test('answers with nothing when its time is over', () => {
    const { answers } = poll(make(), 1000);
    clock.advance(1000);
    expect(answers).toEqual([[]]);
  });

  test('gives a message to one of several who wait, and nothing to one who stopped', () => {
    const queue = make();
    const stopped = poll(queue);
    const [first, second] = [poll(queue), poll(queue)];
    stopped.stop();
    queue.send('a');
    expect([stopped.answers, first.answers, second.answers]).toEqual([[], [['a']], []]);
  });

  test('leaves no timer behind when the queue is disposed of while somebody waits', () => {
    const queue = make();
    const { answers } = poll(queue);
    queue.dispose();
    expect([clock.pending, answers]).toEqual([0, []]);
  });

  test('waits while too many messages are in flight, which is an error of a short poll alone', () => {
    const queue = new Queue(OPTIONS, { clock, random: () => 0.99, maximumInFlight: 2 });
    for (const body of ['x', 'y', 'a']) queue.send(body);
    const handles = queue.receive({ maxMessages: 2 });
    expect(() => queue.receive({ maxMessages: 1 })).toThrow('Too many messages in flight');
    const { answers } = poll(queue);
    expect(answers).toEqual([]);
    queue.send('b');
    expect(answers).toEqual([]);
    queue.delete(handles[0]!.receiptHandle);
    expect(answers).toEqual([['a', 'b']]);
  });

  test('leaves no timer behind when the queue is disposed of and the poll is stopped', () => {
    const queue = make();
    queue.send('a', { delaySeconds: 5 });
    const { stop } = poll(queue);
    stop();
    queue.dispose();
    expect(clock.pending).toBe(0);
  });
});

test('attributes have the digest of their encoding: sorted, each part behind its length', () => {
  const attributes: MessageAttributes = {
    b: { DataType: 'Binary', BinaryValue: Buffer.from('y').toString('base64') },
    a: { DataType: 'String', StringValue: 'xz' },
  };
  const bytes = '\0\0\0\x01a\0\0\0\x06String\x01\0\0\0\x02xz' + '\0\0\0\x01b\0\0\0\x06Binary\x02\0\0\0\x01y';
  expect(attributesMd5(attributes)).toBe(createHash('md5').update(bytes, 'latin1').digest('hex'));
});
