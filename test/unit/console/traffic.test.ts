import { ANSWERERS, HISTORY_SECONDS, type RequestRow } from '../../../local/console/protocol';
import { Rates } from '../../../local/console/rates';
import { Recorder } from '../../../local/console/recorder';
import { Traffic } from '../../../local/console/traffic';
import type { EdgeAnswer } from '../../../local/observations';

const answer = (requestId: string, at = 1000): EdgeAnswer => ({
  kind: 'edge',
  requestId,
  at,
  ms: 5,
  distributionId: 'E1',
  method: 'GET',
  path: '/',
  query: '',
  status: 403,
  result: 'Error',
  fromOrigin: false,
});

const row = (parts: Partial<RequestRow>): RequestRow => ({
  seq: 1,
  id: 'a',
  at: 5000,
  ms: 10,
  method: 'GET',
  url: '/',
  status: 200,
  asked: 'edge',
  answeredBy: 'edge',
  steps: [],
  tags: [],
  headers: [],
  ...parts,
});

test('the recorder keeps the last observations, and no more', () => {
  const recorder = new Recorder();
  for (let n = 0; n < 10_000; n++) recorder.observe(answer(String(n)));
  const kept = recorder.since(0) as EdgeAnswer[];
  expect([recorder.count, kept.length, kept[0]?.requestId, kept.at(-1)?.requestId]).toEqual([10_000, 4096, '5904', '9999']);
  expect(recorder.since(9998).map((one) => (one as EdgeAnswer).requestId)).toEqual(['9998', '9999']);
  expect(recorder.since(10_000)).toEqual([]);
});

test('traffic that nobody was there to see is shown as far as it is kept; what comes too fast afterwards is counted', () => {
  const recorder = new Recorder();
  const traffic = new Traffic(recorder);
  const sent: (readonly RequestRow[])[] = [];
  for (let n = 0; n < 5000; n++) recorder.observe(answer(String(n)));
  expect(traffic.collect((rows) => sent.push(rows))).toHaveLength(4096);
  expect(traffic.figures(2000).missed).toBe(0);
  for (let n = 0; n < 5000; n++) recorder.observe(answer(String(n)));
  traffic.collect((rows) => sent.push(rows));
  expect(traffic.figures(2000).missed).toBe(904);
  expect([traffic.rows.length, sent.map((rows) => rows.length)]).toEqual([500, [100, 100]]);
  traffic.collect((rows) => sent.push(rows));
  expect(sent).toHaveLength(2);
});

test('a tier is measured by what came to it: who asks the gateway has not come to the edge', () => {
  const rates = new Rates();
  const add = (count: number, parts: Partial<RequestRow>) => {
    for (let n = 0; n < count; n++) rates.add(row(parts));
  };
  add(6, { answeredBy: 'edge' });
  add(2, { answeredBy: 'gateway' });
  add(1, { answeredBy: 'shared', ms: 40 });
  add(1, { answeredBy: 'database', ms: 100, status: 503 });
  add(1, { answeredBy: 'origin' });
  add(1, { answeredBy: 'refused', asked: 'gateway' });
  add(2, { answeredBy: 'memory', asked: 'gateway' });
  const { tiers } = rates.figures(9000, 0);
  const [edge, gateway, memory, shared, database] = tiers;
  expect(edge).toMatchObject({ arrivedPerSecond: 1.1, answeredPerSecond: 0.6, hitRatio: 6 / 11 });
  expect(gateway).toMatchObject({ arrivedPerSecond: 0.7, answeredPerSecond: 0.2, hitRatio: 2 / 7 });
  expect(memory).toMatchObject({ arrivedPerSecond: 0.4, hitRatio: 0.5 });
  expect(shared).toMatchObject({ arrivedPerSecond: 0.2, hitRatio: 0.5, p50: 40, p95: 40 });
  expect(database).toMatchObject({ arrivedPerSecond: 0.1, hitRatio: 1 });
});

test('the history has a second for each second, and forgets', () => {
  const rates = new Rates();
  rates.add(row({ at: 1000, answeredBy: 'shared', status: 500 }));
  const second = (now: number, at: number) => rates.figures(now, 0).history.find((one) => one.second === at);
  expect(rates.figures(3000, 0).history).toHaveLength(HISTORY_SECONDS);
  expect(second(3000, 1)).toMatchObject({ answers: ANSWERERS.map((one) => (one === 'shared' ? 1 : 0)), errors: 1, p50: 10 });
  rates.add(row({ at: 1000 * (HISTORY_SECONDS + 10) }));
  expect(second(3000, 1)?.errors).toBe(0);
});
