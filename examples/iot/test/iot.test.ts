import './environment';
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { App } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { handler as ingest } from '../functions/ingest';
import { handler as reader } from '../functions/reader';
import { batchOf } from '../measurements';
import { renderDashboard } from '../page';
import { IotStack } from '../stack';

describe('the stack', () => {
  const template = Template.fromStack(new IotStack(new App(), 'Iot'));

  test('has a tier for measurements beside the one for cached values', () => {
    template.resourceCountIs('AWS::ElastiCache::ReplicationGroup', 2);
  });

  test('writes hours every five minutes', () => {
    template.hasResourceProperties('AWS::Events::Rule', { ScheduleExpression: 'rate(5 minutes)', Targets: [Match.anyValue()] });
  });

  test('takes measurements of nobody who does not sign', () => {
    template.hasResourceProperties('AWS::ApiGateway::Method', { HttpMethod: 'POST', AuthorizationType: 'AWS_IAM' });
  });
});

describe('a batch', () => {
  const reading = { device: 'device-1', metric: 'energy', value: 20 };

  test('has the time of its arrival where it says none', () => {
    const { samples } = batchOf({ batchId: 'b-1', readings: [reading] }, 1_000_000);
    assert.deepEqual(samples, [{ source: 'device-1', metric: 'energy', value: 20, at: 1_000_000 }]);
  });

  for (const [what, body, says] of [
    ['without an id, by which a repetition is known', { readings: [reading] }, /'batchId' must be/],
    ['of energy that is no whole number', { batchId: 'b', readings: [{ ...reading, value: 0.5 }] }, /whole watt-hours/],
    ['of what nobody measures', { batchId: 'b', readings: [{ ...reading, metric: '__proto__' }] }, /'metric' must be one of/],
    ['from nowhere', { batchId: 'b', reports: [{ device: 'device-1', latitude: 91, longitude: 0 }] }, /'latitude' must be/],
  ] as const) {
    test(`${what} is refused`, async () => {
      const { statusCode, body: text } = await ingest({ httpMethod: 'POST', path: '/readings', body: JSON.stringify(body) });
      assert.equal(statusCode, 400);
      assert.match(text, says);
    });
  }
});

test('a day that is none has no board', async () => {
  const { statusCode } = await reader({ httpMethod: 'GET', path: '/leaderboards/yesterday' });
  assert.equal(statusCode, 400);
});

test('the page shows names as text, and a place alone on its map', () => {
  const devices = [{ id: '<b>', name: '', site: '<i>', latitude: 1, longitude: 2 }];
  const page = renderDashboard({
    site: '<i>',
    devices,
    hours: new Map([['<b>', [{ at: 7_200_000, sum: 5, count: 1, min: 5, max: 5, avg: 5 }]]]),
    live: [],
    top: [{ member: '"x"', score: 1, rank: 1 }],
    active: 1,
    consumption: [],
    computedAt: undefined,
    now: 7_200_001,
  });
  assert.match(page, /<h1>&lt;i&gt;<\/h1>/);
  assert.match(page, /<title>&lt;b&gt;<\/title>/);
  assert.match(page, /Consumption of 24 hours: 5 Wh/);
  assert.match(page, /&quot;x&quot;/);
  assert.doesNotMatch(page, /NaN/);
});

test('the page of a site that nobody has heard of yet says so', () => {
  const none = { devices: [], hours: new Map(), live: [], top: [], active: 0, consumption: [], computedAt: undefined, now: 0 };
  const page = renderDashboard({ site: 'oslo', ...none });
  assert.match(page, /There are no devices here[\s\S]*Nothing yet[\s\S]*Not computed yet/);
  assert.doesNotMatch(page, /NaN|Infinity/);
});
