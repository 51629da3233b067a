import { App, Mixins, Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import * as cloudfront from 'aws-cdk-lib/aws-cloudfront';
import { HttpOrigin } from 'aws-cdk-lib/aws-cloudfront-origins';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { CacheTags } from '../../../lib/edge/cache-tags';
import { EdgeDistribution } from '../../../lib/edge/edge-distribution';
import { CachingPlatform } from '../../../lib/platform';
import { handlerIn, product } from '../../support/caching-platform';
import { newNetwork } from './support';

function ownDistribution(): { stack: Stack; distribution: cloudfront.Distribution } {
  const stack = new Stack(new App(), 'own');
  const defaultBehavior = { origin: new HttpOrigin('origin.example.com') };
  return { stack, distribution: new cloudfront.Distribution(stack, 'Own', { defaultBehavior }) };
}

const takesTagsFrom = (headerName: string) => ({
  DistributionConfig: Match.objectLike({ CacheTagConfig: { HeaderName: headerName } }),
});

/** Resources by logical id. */
const resourcesOf = (stack: Stack) => Template.fromStack(stack).toJSON().Resources;

test("a distribution of one's own takes tags with one line, and keeps the rest", () => {
  const expected = resourcesOf(ownDistribution().stack);
  for (const { Type, Properties } of Object.values<{ Type: string; Properties: { DistributionConfig: object } }>(expected)) {
    if (Type === 'AWS::CloudFront::Distribution') {
      Object.assign(Properties.DistributionConfig, { CacheTagConfig: { HeaderName: 'x-amz-meta-cache-tag' } });
    }
  }
  const { stack, distribution } = ownDistribution();
  distribution.with(new CacheTags());
  expect(resourcesOf(stack)).toEqual(expected);
});

test('every distribution below a scope is reached, and nothing else', () => {
  const { stack } = ownDistribution();
  new s3.Bucket(stack, 'Bucket');
  const { report } = Mixins.of(stack)
    .requireAny()
    .apply(new CacheTags({ headerName: 'Edge-Tags' }));
  expect(report.map(({ construct }) => construct.node.path)).toEqual(['own/Own/Resource']);
  Template.fromStack(stack).hasResourceProperties('AWS::CloudFront::Distribution', takesTagsFrom('Edge-Tags'));
});

test("a platform purges a distribution of one's own", () => {
  const { stack, network } = newNetwork();
  const defaultBehavior = { origin: new HttpOrigin('origin.example.com') };
  const distribution = new cloudfront.Distribution(stack, 'Own', { defaultBehavior });
  distribution.with(new CacheTags());
  const edge = EdgeDistribution.fromEdgeDistributionAttributes(stack, 'Edge', {
    distributionId: distribution.distributionId,
    domainName: distribution.distributionDomainName,
  });
  const platform = new CachingPlatform(stack, 'Caching', { namespace: 'shop', network, edge });
  platform.addRoute(product, { reader: handlerIn(stack, 'Handler', network.vpc) });
  const template = Template.fromStack(stack);
  template.resourceCountIs('AWS::CloudFront::Distribution', 1);
  template.hasResourceProperties('AWS::CloudFront::Distribution', takesTagsFrom('x-amz-meta-cache-tag'));
  template.hasResourceProperties('AWS::Lambda::Function', {
    Environment: {
      Variables: Match.objectLike({
        DISTRIBUTION_ID: { Ref: stack.getLogicalId(distribution.node.defaultChild as cloudfront.CfnDistribution) },
      }),
    },
  });
});

test('fails when the distribution takes its tags from another header', () => {
  const stack = new Stack(new App(), 'own');
  const resource = new cloudfront.CfnDistribution(stack, 'Own', {
    distributionConfig: {
      enabled: true,
      cacheTagConfig: { headerName: 'Edge-Tags' },
      defaultCacheBehavior: { targetOriginId: 'origin', viewerProtocolPolicy: 'https-only' },
    },
  });
  expect(() => resource.with(new CacheTags())).toThrow(
    "cache tags: 'headerName' must be that of the distribution, which takes tags from 'Edge-Tags', got: 'x-amz-meta-cache-tag'; set it to 'Edge-Tags'",
  );
  expect(() => resource.with(new CacheTags({ headerName: 'edge-tags' }))).not.toThrow();
});

test.each(['', 'Cache Tag', 'Cache-Tag:'])('fails when the header has no name of one: %j', (headerName) => {
  expect(() => new CacheTags({ headerName })).toThrow("cache tags: 'headerName' must be the name of a header");
});
