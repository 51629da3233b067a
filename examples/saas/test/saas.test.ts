import './environment';
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { App } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { USAGE_SCHEMA } from 'cachement/patterns/usage';
import { handler as upstream } from '../functions/upstream';
import { handler as writer } from '../functions/writer';
import { renderTenant } from '../page';
import { SaasStack } from '../stack';

describe('the stack', () => {
  const template = Template.fromStack(new SaasStack(new App(), 'Saas'));

  test('has a tier for counters beside the one for cached values', () => {
    template.resourceCountIs('AWS::ElastiCache::ReplicationGroup', 2);
  });

  test('writes the hours of the bill every five minutes', () => {
    template.hasResourceProperties('AWS::Events::Rule', { ScheduleExpression: 'rate(5 minutes)', Targets: [Match.anyValue()] });
  });

  test('lets nobody change a tenant who does not sign', () => {
    template.hasResourceProperties('AWS::ApiGateway::Method', { HttpMethod: 'PUT', AuthorizationType: 'AWS_IAM' });
  });

  test('calls the upstream by the endpoint of Lambda, and invokes nothing else there', () => {
    template.hasResourceProperties('AWS::EC2::VPCEndpoint', {
      ServiceName: { 'Fn::Join': ['', ['com.amazonaws.', { Ref: 'AWS::Region' }, '.lambda']] },
      PolicyDocument: Match.objectLike({ Statement: [Match.objectLike({ Action: 'lambda:InvokeFunction' })] }),
    });
  });
});

describe('the functions', () => {
  test('refuse a quota that is none', async () => {
    const { statusCode, body } = await writer({ httpMethod: 'PUT', path: '/plans/team', body: '{"requestsPerDay": -1}' });
    assert.equal(statusCode, 400);
    assert.match(body, /'requestsPerDay' must be a whole number/);
  });

  test('refuse an export without an id of its own, by which a repetition is known', async () => {
    const { statusCode, body } = await writer({ httpMethod: 'POST', path: '/tenants/tenant-1/exports', body: '{"rows": 1}' });
    assert.equal(statusCode, 400);
    assert.match(body, /'exportId' must be at most 64 letters/);
  });

  test('answer as an upstream does: a validator, and 429 beyond five calls a second', async () => {
    const first = await upstream({ currency: 'usd' });
    assert.equal(first.status, 200);
    assert.equal((await upstream({ currency: 'usd', etag: first.headers.etag })).status, 304);
    assert.equal((await upstream({ currency: 'xxx' })).status, 404);
    const more = await Promise.all(Array.from({ length: 20 }, () => upstream({ currency: 'usd' })));
    assert.ok(more.some(({ status, headers }) => status === 429 && headers['retry-after'] === '1'));
  });
});

test('the schema has the tables of the bill as the package has them', () => {
  assert.ok(readFileSync(`${__dirname}/../schema/002-usage.sql`, 'utf8').includes(USAGE_SCHEMA));
});

test('the page shows names as text', () => {
  const tenant = { id: '<b>', keyHash: '', plan: 'team', requestsPerDay: 100, settings: {} };
  const usage = { total: 2, byMeter: new Map([['<i>', 2]]) };
  const page = renderTenant({ tenant, remaining: 40, month: '2026-11', usage, billed: [{ meter: '"x"', units: 1 }] });
  assert.match(page, /<h1>&lt;b&gt;<\/h1>[\s\S]*60 of 100 requests today[\s\S]*&lt;i&gt;[\s\S]*&quot;x&quot;/);
});

test('the page of a tenant that has asked for nothing says so', () => {
  const tenant = { id: 'tenant-1', keyHash: '', plan: 'team', requestsPerDay: 100_000, settings: {} };
  const page = renderTenant({
    tenant,
    remaining: 100_000,
    month: '2026-11',
    usage: { total: 0, byMeter: new Map() },
    billed: [],
  });
  assert.match(page, /0 of 100,000 requests today[\s\S]*No requests yet[\s\S]*No hours are written yet/);
});
