import { enginesFromTemplate, types } from '../../../local/engines';
import type { Environment } from '../../../local/types';
import { modelOf } from '../../support/engines-model';

const ports = ['postgres:S/Primary', 'postgres:S/Replica', 'redis:S/Group'];
const place: Environment = {
  account: '111111111111',
  region: 'eu-central-1',
  endpointUrl: '',
  caFile: '',
  stateDir: '',
  port: (name) => (ports.includes(name) ? 9000 + ports.indexOf(name) : 1),
};

type Properties = Record<string, unknown>;

const PRIMARY = { Engine: 'postgres', DBName: 'app', MasterUsername: 'owner', MasterUserPassword: 'secret' };

function databases(primary: Properties, more: Record<string, { type: string; properties: Properties }> = {}) {
  return enginesFromTemplate(
    modelOf(types, place, { 'S/Primary': { type: 'AWS::RDS::DBInstance', properties: primary }, ...more }),
  ).databases;
}

function groups(group: Properties, more: Record<string, { type: string; properties: Properties }> = {}) {
  const properties = { CacheParameterGroupName: 'default.valkey8.cluster.on', ...group };
  return enginesFromTemplate(
    modelOf(types, place, { 'S/Group': { type: 'AWS::ElastiCache::ReplicationGroup', properties }, ...more }),
  ).replicationGroups;
}

const user = (properties: Properties) => ({ type: 'AWS::ElastiCache::User', properties });
const users = (...ids: string[]) => ({
  type: 'AWS::ElastiCache::UserGroup',
  properties: { UserGroupId: 'users', UserIds: ids },
});

describe('databases', () => {
  test('have their replicas, their parameters and the ports that the endpoints name', () => {
    const group = {
      type: 'AWS::RDS::DBParameterGroup',
      properties: { DBParameterGroupName: 'Own', Parameters: { work_mem: 4096 } },
    };
    const replica = {
      type: 'AWS::RDS::DBInstance',
      properties: { SourceDBInstanceIdentifier: 'arn:aws:rds:eu-central-1:111111111111:db:s-primary' },
    };
    expect(databases({ ...PRIMARY, DBParameterGroupName: 'own' }, { 'S/Parameters': group, 'S/Replica': replica })).toEqual([
      {
        name: 'postgres:S/Primary',
        identifier: 's-primary',
        port: 9000,
        parameters: { work_mem: '4096' },
        databaseName: 'app',
        username: 'owner',
        password: 'secret',
        replicas: [{ name: 'postgres:S/Replica', identifier: 's-replica', port: 9001, parameters: {} }],
      },
    ]);
  });

  test.each([
    [{ ...PRIMARY, Engine: 'mysql' }, "'Engine' of S/Primary must be 'postgres', got: 'mysql'"],
    [{ ...PRIMARY, MasterUserPassword: undefined }, "'MasterUserPassword' of S/Primary is needed, got: 'undefined'"],
    [
      { ...PRIMARY, DBParameterGroupName: 'gone' },
      "'DBParameterGroupName' of S/Primary must name a parameter group of the template, got: 'gone'",
    ],
    [
      { SourceDBInstanceIdentifier: 'gone' },
      "'SourceDBInstanceIdentifier' of S/Primary must name an instance of the template, got: 'gone'",
    ],
  ])('fails where a property can not be honoured: %#', (properties, message) => {
    expect(() => databases(properties)).toThrow(message);
  });

  test('fails on a replica of a replica', () => {
    const replica = (source: string) => ({
      type: 'AWS::RDS::DBInstance',
      properties: { SourceDBInstanceIdentifier: source },
    });
    expect(() => databases(PRIMARY, { 'S/Replica': replica('s-primary'), 'S/Second': replica('s-replica') })).toThrow(
      "'SourceDBInstanceIdentifier' of S/Second names a replica, and replicas of replicas are not run here, got: 's-replica'",
    );
  });
});

describe('replication groups', () => {
  test('have shards with all slots between them, and nodes with the names that ElastiCache gives', () => {
    const [group] = groups({ NumNodeGroups: 3, ReplicasPerNodeGroup: '2', TransitEncryptionEnabled: 'true' });
    expect(group).toMatchObject({ id: 's-group', tls: true, automaticFailover: true });
    expect(group!.shards.map(({ id, slots, nodes }) => [id, slots, nodes.length])).toEqual([
      ['0001', '0-5460', 3],
      ['0002', '5461-10922', 3],
      ['0003', '10923-16383', 3],
    ]);
    expect(group!.shards[0]!.nodes[0]).toMatchObject({
      name: 'redis:S/Group:0001-001',
      cacheClusterId: 's-group-0001-001',
      port: 9002,
    });
    expect(group!.shards[2]!.nodes[1]!.cacheClusterId).toBe('s-group-0003-002');
  });

  test('take what the template says of a shard', () => {
    const [group] = groups({
      NodeGroupConfiguration: [{ NodeGroupId: 'a', Slots: '0-99,200-16383', ReplicaCount: 0 }, { Slots: '100-199' }],
      ReplicasPerNodeGroup: 1,
    });
    expect(group!.shards.map(({ id, slots, nodes }) => [id, slots, nodes.length])).toEqual([
      ['a', '0-99,200-16383', 1],
      ['0002', '100-199', 2],
    ]);
  });

  test('are one node without slots where they have neither cluster mode nor replicas', () => {
    const [group] = groups({ CacheParameterGroupName: 'default.valkey8', NumCacheClusters: 1, ReplicasPerNodeGroup: 0 });
    expect(group).toMatchObject({ clusterMode: false, shards: [{ nodes: [{ port: 9002 }] }] });
    expect(group!.shards[0]!.nodes).toHaveLength(1);
  });

  test('have the users of their group', () => {
    const [group] = groups(
      { UserGroupIds: ['users'] },
      {
        'S/Users': users('app', 'off'),
        'S/App': user({ UserId: 'app', UserName: 'app', AccessString: 'on ~a:* +get', Passwords: ['one'] }),
        'S/Off': user({
          UserId: 'off',
          UserName: 'default',
          AccessString: 'off -@all',
          AuthenticationMode: { Type: 'no-password-required' },
        }),
      },
    );
    expect(group!.users.map(({ name }) => name)).toEqual(['app', 'default']);
    expect(group!.users[0]!.rules).toEqual(expect.arrayContaining(['on', '~a:*', '+get']));
    expect(group!.users[1]!.rules).toEqual(expect.arrayContaining(['nopass', 'off', '-@all']));
  });

  test('let the default user in where there are no users', () => {
    expect(groups({})[0]!.users).toMatchObject([{ name: 'default', rules: expect.arrayContaining(['on', 'nopass']) }]);
  });

  test.each([
    [{ CacheParameterGroupName: 'default.redis7' }, "'ReplicasPerNodeGroup' of S/Group must be 0 here without cluster mode"],
    [{ CacheParameterGroupName: 'default.redis7', NumCacheClusters: 2 }, 'turn cluster mode on, or leave the replicas out'],
    [{ CacheParameterGroupName: 'gone' }, "'CacheParameterGroupName' of S/Group must name a parameter group of the template"],
    [{ TransitEncryptionMode: 'preferred' }, "'TransitEncryptionMode' of S/Group must be 'required', got: 'preferred'"],
    [{ UserGroupIds: ['gone'] }, "'UserGroupIds' of S/Group must name user groups of the template, got: 'gone'"],
  ])('fails where a property can not be honoured: %#', (properties, message) => {
    expect(() => groups(properties)).toThrow(message);
  });

  test.each([
    [{ AuthenticationMode: { Type: 'iam' } }, "'AuthenticationMode.Type' of S/App must be 'password' here"],
    [{ Passwords: [] }, "'Passwords' of S/App is needed"],
    [{ Passwords: ['x'], AccessString: 'on >x +@all' }, "can't set passwords, got: '>x'"],
    [{ Passwords: ['x'], AccessString: 'on (+get ~a)' }, "has a selector, which is not run here: '(+get'"],
  ])('fails where a user can not be honoured: %#', (properties, message) => {
    const more = { 'S/Users': users('app'), 'S/App': user({ UserId: 'app', UserName: 'app', ...properties }) };
    expect(() => groups({ UserGroupIds: ['users'] }, more)).toThrow(message);
  });
});

describe('serverless caches', () => {
  const caches = (properties: Properties, more: Record<string, { type: string; properties: Properties }> = {}) =>
    enginesFromTemplate(modelOf(types, place, { 'S/Group': { type: 'AWS::ElastiCache::ServerlessCache', properties }, ...more }))
      .replicationGroups;

  test('are a cluster of one node behind their endpoint, with TLS and the users of their group', () => {
    const [cache] = caches(
      { ServerlessCacheName: 'Shop', Engine: 'valkey', UserGroupId: 'users' },
      {
        'S/Users': users('app'),
        'S/App': user({ UserId: 'app', UserName: 'app', AccessString: 'on ~a:* +get', Passwords: ['one'] }),
      },
    );
    expect(cache).toMatchObject({
      id: 'shop',
      clusterMode: true,
      tls: true,
      shards: [{ slots: '0-16383', nodes: [{ cacheClusterId: 'shop-0001-001', port: 9002 }] }],
      users: [{ name: 'app' }],
    });
    expect(cache!.arn).toBeUndefined();
  });

  test('fail where they are no Redis', () => {
    expect(() => caches({ Engine: 'memcached' })).toThrow("'Engine' of S/Group must be 'valkey' or 'redis', got: 'memcached'");
  });
});

describe('references', () => {
  const model = modelOf(types, place, {
    'S/Primary': { type: 'AWS::RDS::DBInstance' },
    'S/Group': { type: 'AWS::ElastiCache::ReplicationGroup' },
    'S/User': { type: 'AWS::ElastiCache::User', properties: { UserId: 'app' } },
  });
  const [primary, group, cacheUser] = [
    'AWS::RDS::DBInstance',
    'AWS::ElastiCache::ReplicationGroup',
    'AWS::ElastiCache::User',
  ].map((type) => model.resources(type)[0]!);

  test.each([
    ['Ref of an instance', () => model.ref(primary!), 's-primary'],
    ['its endpoint', () => model.attribute(primary!, 'Endpoint.Address'), 'localhost'],
    ['its port', () => model.attribute(primary!, 'Endpoint.Port'), '9000'],
    ['its ARN', () => model.attribute(primary!, 'DBInstanceArn'), 'arn:aws:rds:eu-central-1:111111111111:db:s-primary'],
    ['Ref of a replication group', () => model.ref(group!), 's-group'],
    ['its configuration endpoint', () => model.attribute(group!, 'ConfigurationEndPoint.Address'), 'localhost'],
    ["its configuration endpoint's port", () => model.attribute(group!, 'ConfigurationEndPoint.Port'), '9002'],
    ['ARN of a user', () => model.attribute(cacheUser!, 'Arn'), 'arn:aws:elasticache:eu-central-1:111111111111:user:app'],
  ])('%s', (_, read, expected) => {
    expect(read()).toBe(expected);
  });

  test('no property is both honoured and ignored', () => {
    for (const type of Object.values(types)) {
      expect(type.honours.filter((property) => property in (type.ignores ?? {}))).toEqual([]);
    }
  });
});
