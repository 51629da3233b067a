import { Duration, type Stack } from 'aws-cdk-lib';
import { Annotations, Match, Template } from 'aws-cdk-lib/assertions';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { CachedApi, DatabaseRole, defineRoute, type Freshness } from '../../../lib';
import { handlerIn, platformIn, product } from '../../support/caching-platform';

const drainOf = (stack: Stack): string | undefined =>
  Object.values(Template.fromStack(stack).findResources('AWS::Lambda::Function'))
    .map(({ Properties }) => Properties.Environment?.Variables?.DRAIN_SECONDS)
    .find((seconds) => seconds !== undefined);

/** A platform whose product is answered by a function with this timeout. */
function shopWith(timeout: Duration | undefined, freshness: Partial<Freshness> = {}) {
  const { stack, platform } = platformIn();
  const reader = handlerIn(stack, 'Reader', platform.network.vpc, { timeout });
  platform.addClient(reader, { concurrency: 20 });
  const cached = defineRoute({ ...product, freshness: { sharedTtlSeconds: 3600, ...freshness } });
  return { stack, platform, reader, cached, serve: () => platform.addRoute(cached, { reader }) };
}

const warnings = (stack: Stack) =>
  Annotations.fromStack(stack)
    .findWarning('*', Match.anyValue())
    .map(({ entry }) => String(entry.data))
    .filter((text) => text.startsWith('route'));

test('is a read of a cached route, however long other clients may take', () => {
  const { stack, platform, reader, serve } = shopWith(Duration.seconds(5));
  const { vpc } = platform.network;
  const imports = handlerIn(stack, 'Imports', vpc, { timeout: Duration.minutes(15) });
  platform.addClient(imports, { concurrency: 1, role: DatabaseRole.WRITER });
  serve();
  const reports = defineRoute({ name: 'reports', path: '/reports' });
  platform.addRoute(reports, { reader: handlerIn(stack, 'Reports', vpc, { timeout: Duration.minutes(1) }), writer: reader });
  expect(drainOf(stack)).toBe('7');
  expect(warnings(stack)).toEqual([]);
});

test("is Lambda's default where a function names no timeout, and what the gateway waits where none is known", () => {
  const first = shopWith(undefined);
  first.serve();
  expect(drainOf(first.stack)).toBe('5');
  const { stack, platform, cached } = shopWith(undefined);
  platform.addRoute(cached, {
    reader: lambda.Function.fromFunctionAttributes(stack, 'Imported', {
      functionArn: 'arn:aws:lambda:eu-central-1:123456789012:function:reader',
      sameEnvironment: true,
    }),
  });
  expect(drainOf(stack)).toBe('31');
});

test('counts the function behind an alias', () => {
  const { stack, platform, reader, cached } = shopWith(Duration.seconds(8));
  platform.addRoute(cached, { reader: new lambda.Alias(stack, 'Live', { aliasName: 'live', version: reader.currentVersion }) });
  expect(drainOf(stack)).toBe('10');
});

test('counts every client where the API is from elsewhere, with readers that are not named', () => {
  const { stack, platform } = platformIn((scope) => ({
    api: CachedApi.fromCachedApiAttributes(scope, 'Api', { restApiId: 'abc', restApiName: 'shop', stageName: 'live' }),
  }));
  platform.addClient(handlerIn(stack, 'Reader', platform.network.vpc, { timeout: Duration.seconds(9) }), { concurrency: 1 });
  platform.addRoute(product);
  expect(drainOf(stack)).toBe('11');
});

test('names the function that makes it long', () => {
  const { stack, serve } = shopWith(Duration.seconds(60));
  serve();
  expect(warnings(stack)).toEqual([
    expect.stringContaining(
      "route 'product' has every purge wait 62 s between the shared tier and the outer ones, since function 'Reader', which answers it, may take 60 s; lower the function's timeout",
    ),
  ]);
});

test('names the route whose memory makes it long', () => {
  const { stack, serve } = shopWith(Duration.seconds(3), { memoryTtlSeconds: 30 });
  serve();
  expect(warnings(stack)).toEqual([
    expect.stringContaining(
      'wait 34 s between the shared tier and the outer ones, since memory keeps its values for 30 s; lower its TTL in memory',
    ),
  ]);
});
