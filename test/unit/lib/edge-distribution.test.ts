import { Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import * as acm from 'aws-cdk-lib/aws-certificatemanager';
import { HttpOrigin } from 'aws-cdk-lib/aws-cloudfront-origins';
import { CachedApi, defineRoute, EdgeDistribution, type EdgeDistributionProps, KeyFunction } from '../../../lib';
import { newStack } from './support';

const item = defineRoute({
  name: 'item',
  path: '/items/{id}',
  freshness: { sharedTtlSeconds: 3600, edgeTtlSeconds: 600 },
});
const search = defineRoute({
  name: 'search',
  path: '/items',
  query: { sort: {}, page: {} },
  freshness: { sharedTtlSeconds: 3600, edgeTtlSeconds: 600 },
});
const basket = defineRoute({ name: 'basket', path: '/basket' });

function edge(props: (stack: Stack) => Partial<EdgeDistributionProps> = () => ({})): Template {
  const stack = newStack();
  const api = CachedApi.fromCachedApiAttributes(stack, 'Api', { restApiId: 'abc', restApiName: 'shop', stageName: 'live' });
  new EdgeDistribution(stack, 'Edge', { routes: [item, search, basket], api, ...props(stack) });
  return Template.fromStack(stack);
}

const config = (template: Template) =>
  Object.values(template.findResources('AWS::CloudFront::Distribution'))[0]?.Properties.DistributionConfig;

test('an origin shield is asked before the API, where a region is named', () => {
  expect(config(edge()).Origins[0].OriginShield).toEqual({ Enabled: false });
  expect(config(edge(() => ({ originShieldRegion: 'eu-central-1' }))).Origins[0].OriginShield).toEqual({
    Enabled: true,
    OriginShieldRegion: 'eu-central-1',
  });
});

test('reads of cached paths fail over to another origin, and what is written does not', () => {
  const { OriginGroups, CacheBehaviors } = config(
    edge(() => ({ failoverOrigin: new HttpOrigin('standby.example.com'), writes: [{ route: item, method: 'PUT' }] })),
  );
  expect(OriginGroups.Quantity).toBe(1);
  expect(OriginGroups.Items[0].FailoverCriteria.StatusCodes.Items).toEqual([500, 502, 503, 504]);
  const group = OriginGroups.Items[0].Id;
  const targets = Object.fromEntries(
    CacheBehaviors.map(({ PathPattern, TargetOriginId, AllowedMethods }: Record<string, unknown>) => [
      PathPattern,
      [TargetOriginId === group, (AllowedMethods as string[]).length],
    ]),
  );
  // The group takes GET, HEAD and OPTIONS; the others every method, because they may be written.
  expect(targets).toEqual({ '/items': [true, 3], '/items/*': [false, 7], '/basket': [false, 7] });
});

test('a name of its own comes with its certificate, and with TLS that is not old', () => {
  const template = edge((stack) => ({
    domain: {
      name: 'www.example.com',
      certificate: acm.Certificate.fromCertificateArn(stack, 'Certificate', 'arn:aws:acm:us-east-1:111111111111:certificate/1'),
    },
  }));
  expect(config(template)).toMatchObject({
    Aliases: ['www.example.com'],
    ViewerCertificate: {
      AcmCertificateArn: 'arn:aws:acm:us-east-1:111111111111:certificate/1',
      MinimumProtocolVersion: 'TLSv1.2_2021',
      SslSupportMethod: 'sni-only',
    },
  });
});

test('only a path whose query strings have an order has a function for its key', () => {
  const template = edge();
  template.resourceCountIs('AWS::CloudFront::Function', 1);
  const { CacheBehaviors } = config(template);
  for (const { PathPattern, FunctionAssociations } of CacheBehaviors) {
    expect([PathPattern, FunctionAssociations?.[0]?.EventType]).toEqual([
      PathPattern,
      PathPattern === '/items' ? 'viewer-request' : undefined,
    ]);
  }
});

test("the key's function sorts what is declared, keeps the last of several values, and drops what is not declared", () => {
  const stack = new Stack();
  new KeyFunction(stack, 'Key', search);
  const [fn] = Object.values(Template.fromStack(stack).findResources('AWS::CloudFront::Function'));
  const handler = new Function(`${fn?.Properties.FunctionCode}; return handler;`)();
  const sorted = (querystring: Record<string, unknown>) =>
    JSON.stringify(handler({ request: { uri: '/items', querystring } }).querystring);
  const page = { value: '2', multiValue: [{ value: '2' }, { value: '3' }] };
  const sort = { value: 'price' };
  expect(sorted({ sort, utm_source: { value: 'x' }, page })).toBe(JSON.stringify({ page: { value: '3' }, sort }));
  expect(sorted({ page, sort })).toBe(sorted({ sort, page }));
  expect(sorted({ sort })).toBe(JSON.stringify({ sort }));
  expect(sorted({})).toBe('{}');
});

test('the origin is the stage of the API, over TLS', () => {
  const [origin] = config(edge()).Origins;
  expect(JSON.stringify(origin)).toContain('execute-api');
  expect(origin.CustomOriginConfig).toMatchObject({ OriginProtocolPolicy: 'https-only', OriginSSLProtocols: ['TLSv1.2'] });
});

test('no file of requests is kept where nobody wants one', () => {
  const template = edge(() => ({ accessLog: false }));
  template.resourceCountIs('AWS::S3::Bucket', 0);
  template.hasResourceProperties('AWS::CloudFront::Distribution', {
    DistributionConfig: Match.objectLike({ Logging: Match.absent() }),
  });
});
