import { fixedCosts, type Priced, usageCosts } from '../../../bin/estimate';
import { CACHE_NODES, DATABASE_INSTANCES, FIXED, STAGE_CACHES, USE } from '../../../bin/prices';

const monthly = (resource: Priced) => fixedCosts(new Map([['r', resource]])).reduce((sum, { usd }) => sum + usd, 0);

test.each<[string, Priced, number]>([
  [
    'six nodes of the shared tier',
    {
      Type: 'AWS::ElastiCache::ReplicationGroup',
      Properties: { Engine: 'valkey', CacheNodeType: 'cache.r7g.large', NumNodeGroups: 3, ReplicasPerNodeGroup: 1 },
    },
    767.38,
  ],
  [
    'a primary in two zones with its storage',
    { Type: 'AWS::RDS::DBInstance', Properties: { DBInstanceClass: 'db.r7g.large', MultiAZ: true, AllocatedStorage: '20' } },
    353.54,
  ],
  ['a stage cache', { Type: 'AWS::ApiGateway::Stage', Properties: { CacheClusterEnabled: true, CacheClusterSize: '0.5' } }, 14.6],
  [
    'an interface endpoint in two zones',
    { Type: 'AWS::EC2::VPCEndpoint', Properties: { VpcEndpointType: 'Interface', SubnetIds: ['a', 'b'] } },
    14.6,
  ],
  ['a gateway endpoint', { Type: 'AWS::EC2::VPCEndpoint', Properties: { VpcEndpointType: 'Gateway' } }, 0],
  ['what is free', { Type: 'AWS::IAM::Role' }, 0],
])('a month of %s', (_, resource, usd) => {
  expect(monthly(resource)).toBeCloseTo(usd, 1);
});

test('purges cost beyond the first thousand', () => {
  const tags = (purgedTags: number) =>
    usageCosts({ requests: 0, edgeHits: 0, gatewayHits: 0, purgedTags }).find(({ what }) => what === 'invalidated tags')?.usd;
  expect(tags(1000)).toBe(0);
  expect(tags(300_000)).toBeCloseTo(1495);
});

test('fails when something has no price', () => {
  expect(() => monthly({ Type: 'AWS::RDS::DBInstance', Properties: { DBInstanceClass: 'db.x2.huge' } })).toThrow(
    '\'DBInstanceClass\' of r must have a price in bin/prices.ts, got: "db.x2.huge"; add it with its source',
  );
});

test('every price has a date and a source', () => {
  const nodes = Object.values(CACHE_NODES).flatMap((engines) => Object.values(engines));
  const all = [
    ...nodes,
    ...Object.values(STAGE_CACHES),
    ...Object.values(DATABASE_INSTANCES),
    ...Object.values(FIXED),
    ...Object.values(USE),
  ];
  for (const { usd, pricedAt, source } of all) {
    expect(usd).toBeGreaterThan(0);
    expect(Date.parse(pricedAt)).not.toBeNaN();
    expect(source).not.toBe('');
  }
});
