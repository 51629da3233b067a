import { spawnSync } from 'node:child_process';
import * as path from 'node:path';
import { fixedCosts, type Priced, type Traffic, unpriced, usageCosts } from '../../../bin/estimate';
import { CACHE_NODES, DATABASE_INSTANCES, FIXED, STAGE_CACHES, USE } from '../../../bin/prices';
import { READ_METRICS } from '../../../lib/contract/metrics';

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

const NOTHING: Traffic = { requests: 0, edgeHits: 0, gatewayHits: 0, purgedTags: 0, logGb: 0, routes: 0, firewall: false };
const useOf = (traffic: Partial<Traffic>, line: string) =>
  usageCosts({ ...NOTHING, ...traffic }).find(({ what }) => what === line)?.usd;

test('purges cost beyond the first thousand', () => {
  expect(useOf({ purgedTags: 1000 }, 'invalidated tags')).toBe(0);
  expect(useOf({ purgedTags: 300_000 }, 'invalidated tags')).toBeCloseTo(1495);
});

test('what is looked at, logged and measured costs too', () => {
  expect(useOf({ requests: 1e8, firewall: true }, 'requests at the web ACL')).toBeCloseTo(60);
  expect(useOf({ requests: 1e8, firewall: false }, 'requests at the web ACL')).toBe(0);
  expect(useOf({ logGb: 10 }, 'logs')).toBeCloseTo(5);
  expect(useOf({ requests: 1, routes: 4 }, 'metrics of reads')).toBeCloseTo(4 * Object.keys(READ_METRICS).length * 0.3);
  expect(useOf({ routes: 4 }, 'metrics of reads')).toBe(0);
});

test('each method costs its detailed metrics where the stage has them', () => {
  const method: Priced = {
    Type: 'AWS::ApiGateway::Method',
    Properties: { HttpMethod: 'GET', Integration: { Type: 'AWS_PROXY' } },
  };
  const refusing: Priced = { Type: 'AWS::ApiGateway::Method', Properties: { HttpMethod: 'ANY', Integration: { Type: 'MOCK' } } };
  const stage = (MetricsEnabled: boolean): Priced => ({
    Type: 'AWS::ApiGateway::Stage',
    Properties: { MethodSettings: [{ MetricsEnabled }] },
  });
  const costs = (...all: Priced[]) => fixedCosts(new Map(all.map((one, i) => [String(i), one]))).map(({ usd }) => usd);
  expect(costs(method, refusing, stage(true))).toEqual([expect.closeTo(2.1)]);
  expect(costs(method, refusing, stage(false))).toEqual([]);
});

test('a flusher costs what a function costs that always runs, by its memory and its processor', () => {
  const flusher = (Properties: object) =>
    fixedCosts(
      new Map<string, Priced>([
        [
          'shop/Schedule',
          {
            Type: 'AWS::Events::Rule',
            Properties: { Targets: [{ Arn: { 'Fn::GetAtt': ['Worker', 'Arn'] } }] },
            Metadata: { 'cachement:busy': 55 / 60 },
          },
        ],
        ['shop/Worker', { Type: 'AWS::Lambda::Function', Properties }],
      ]),
    ).map(({ usd }) => usd);
  expect(flusher({ MemorySize: 512, Architectures: ['arm64'] })).toEqual([expect.closeTo(16.06)]);
  expect(flusher({ MemorySize: 512 })).toEqual([expect.closeTo(20.08)]);
  expect(monthly({ Type: 'AWS::Events::Rule', Properties: { Targets: [] } })).toBe(0);
});

test('what has no price is named', () => {
  const resources = new Map<string, Priced>([
    ['a', { Type: 'AWS::RDS::DBCluster' }],
    ['b', { Type: 'AWS::IAM::Role' }],
  ]);
  expect(unpriced(resources)).toEqual(['a (AWS::RDS::DBCluster)']);
});

describe('npm run cost', () => {
  const root = path.resolve(__dirname, '../../..');
  const cost = (...args: string[]) => {
    const { status, stdout, stderr } = spawnSync(process.execPath, ['--import', 'tsx', 'bin/cost.ts', ...args], {
      cwd: root,
      encoding: 'utf8',
    });
    return { status, stdout, stderr };
  };

  test.each<[string[], number, string]>([
    [['--edge-hits', '90'], 2, "'--edge-hits' must be a share from 0 to 1, or from 0% to 100%, got: '90'"],
    [['--requests', 'many'], 2, "'--requests' must be a number of at least 0, got: 'many'"],
    [['--edge-hit', '1'], 2, "Unknown option '--edge-hit'"],
    [['--stage', 'nope'], 1, '\'stage\' must be one of local, dev, prod, got: "nope"'],
  ])('says what is wrong with %j, without a stack', (args, code, message) => {
    const { status, stdout, stderr } = cost(...args);
    expect(stderr).toContain(message);
    expect(stderr).not.toMatch(/^ +at /m);
    expect({ status, stdout }).toEqual({ status: code, stdout: '' });
  });

  test('shows every option', () => {
    const { status, stdout } = cost('--help');
    expect(status).toBe(0);
    for (const option of ['--stage', '--requests', '--edge-hits', '--gateway-hits', '--purged-tags', '--log-gb']) {
      expect(stdout).toContain(option);
    }
  });
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
