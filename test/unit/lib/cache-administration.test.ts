import { Match, Template } from 'aws-cdk-lib/assertions';
import { CacheAdministration, defineRoute } from '../../../lib';
import { shop } from '../../support/caching-platform';

test('one line adds routes that need authorisation, and a function of the purge path that knows where entries are served', () => {
  const { stack, platform, reader } = shop();
  new CacheAdministration(stack, 'Administration', { platform });
  const search = defineRoute({ name: 'search', path: '/search', query: { q: {} }, freshness: { sharedTtlSeconds: 60 } });
  platform.addRoute(search, { reader });
  const template = Template.fromStack(stack);
  template.hasResourceProperties('AWS::Lambda::Function', {
    Description: 'Shows what is cached, and purges it by hand',
    Timeout: 29,
    Environment: { Variables: Match.objectLike({ CACHE_ROUTES: '{"product":"/products/{id}","search":"/search?"}' }) },
  });
  for (const [part, methods] of Object.entries({ stats: ['GET'], entries: ['GET'], keys: ['GET'], purges: ['GET', 'POST'] })) {
    const [id] = Object.keys(template.findResources('AWS::ApiGateway::Resource', { Properties: { PathPart: part } }));
    for (const HttpMethod of methods) {
      template.hasResourceProperties('AWS::ApiGateway::Method', {
        HttpMethod,
        ResourceId: { Ref: id },
        AuthorizationType: 'AWS_IAM',
      });
    }
  }
});

test('its routes are refused beside others at their paths', () => {
  const { stack, platform, reader } = shop();
  platform.addRoute(defineRoute({ name: 'mine', path: '/cache/stats' }), { reader });
  expect(() => new CacheAdministration(stack, 'Administration', { platform })).toThrow(/cache-stats|\/cache\/stats/);
});
