import './environment';
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { App } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { handler as reader } from '../functions/reader';
import { handler as writer } from '../functions/writer';
import { renderFeed } from '../page';
import { FeedStack } from '../stack';

describe('the stack', () => {
  const template = Template.fromStack(new FeedStack(new App(), 'Feed'));

  test('wakes the fan-out by the bus, and each minute', () => {
    template.hasResourceProperties('AWS::Events::Rule', { EventPattern: { source: ['feed'], 'detail-type': ['FeedChanged'] } });
    template.hasResourceProperties('AWS::Events::Rule', { ScheduleExpression: 'rate(1 minute)', Targets: [Match.anyValue()] });
  });

  test('runs at most two of it at once', () => {
    template.hasResourceProperties('AWS::Lambda::EventSourceMapping', { ScalingConfig: { MaximumConcurrency: 2 } });
  });

  test('lets nobody post who does not sign', () => {
    template.hasResourceProperties('AWS::ApiGateway::Method', { HttpMethod: 'POST', AuthorizationType: 'AWS_IAM' });
  });
});

describe('the functions', () => {
  const write = (httpMethod: string, path: string, body: object) => writer({ httpMethod, path, body: JSON.stringify(body) });

  test('refuse a post without text, before they ask the database', async () => {
    const { statusCode, body } = await write('POST', '/posts', { author: 7, text: ' ' });
    assert.equal(statusCode, 400);
    assert.match(body, /'text' must be 1 to 280 characters/);
  });

  test('let nobody follow themselves', async () => {
    assert.equal((await write('PUT', '/people/7/follows/7', {})).statusCode, 400);
  });

  test('answer one spelling of an id', async () => {
    const { statusCode, body } = await reader({ httpMethod: 'GET', path: '/people/007/feed' });
    assert.equal(statusCode, 400);
    assert.match(body, /'id' must be a whole number from 1 on, got: '007'/);
  });

  test('refuse a cursor that no page came with', async () => {
    const { statusCode } = await reader({ httpMethod: 'GET', path: '/people/7/feed', queryStringParameters: { cursor: '20' } });
    assert.equal(statusCode, 400);
  });
});

test('the page shows what somebody wrote as text, and links to what is older', () => {
  const page = renderFeed({
    person: '7',
    posts: [{ id: '1', author: 2, name: 'Ada', text: '<b>bold</b>', at: 0 }],
    cursor: 'WzAsIjEiXQ',
  });
  assert.match(page, /<p>&lt;b&gt;bold&lt;\/b&gt;<\/p>/);
  assert.match(page, /<time datetime="1970-01-01T00:00:00.000Z">/);
  assert.match(page, /href="\?cursor=WzAsIjEiXQ">Older posts/);
});
