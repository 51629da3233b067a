import { aclFile, aclUser, administrator } from '../../../local/engines/redis/acl';
import { configuration, nodeId, nodesFile } from '../../../local/engines/redis/config';
import type { ReplicationGroupOptions } from '../../../local/engines/redis/options';
import { readTopology } from '../../../local/engines/redis/topology';

const node = (suffix: string, port: number) => ({
  name: `redis:S/G:${suffix}`,
  cacheClusterId: `g-${suffix}`,
  port,
  busPort: port + 100,
});

const group: ReplicationGroupOptions = {
  name: 'redis:S/G',
  id: 'g',
  arn: '',
  clusterMode: true,
  shards: [
    { id: '0001', slots: '0-99,200-16383', nodes: [node('0001-001', 1), node('0001-002', 2)] },
    { id: '0002', slots: '100-199', nodes: [node('0002-001', 3)] },
  ],
  parameters: { 'cluster-enabled': 'yes', 'maxmemory-policy': 'allkeys-lru', 'reserved-memory-percent': '25' },
  tls: true,
  automaticFailover: true,
  users: [],
};
const [[first, second], [third]] = group.shards.map(({ nodes }) => nodes) as [
  [ReturnType<typeof node>, ReturnType<typeof node>],
  [ReturnType<typeof node>],
];

describe('nodes.conf', () => {
  test('knows every node, from the point of view of one', () => {
    expect(nodesFile(group.shards, second)).toBe(
      [
        `${nodeId(first)} 127.0.0.1:1@101 master - 0 0 1 connected 0-99 200-16383`,
        `${nodeId(second)} 127.0.0.1:2@102 myself,slave ${nodeId(first)} 0 0 1 connected`,
        `${nodeId(third)} 127.0.0.1:3@103 master - 0 0 2 connected 100-199`,
        'vars currentEpoch 2 lastVoteEpoch 0',
        '',
      ].join('\n'),
    );
  });

  test('names nodes in 40 hex digits that differ', () => {
    const ids = [first, second, third].map(nodeId);
    expect(ids.every((id) => /^[0-9a-f]{40}$/.test(id))).toBe(true);
    expect(new Set(ids).size).toBe(3);
  });
});

describe('redis.conf', () => {
  const certificates = { caFile: '/ca "1".pem', certificateFile: '/c.pem', keyFile: '/k.pem' };
  const lines = (options: ReplicationGroupOptions) =>
    configuration(options, first, { name: 'us', password: 'pw' }, certificates).split('\n');

  test('has the parameters that a server knows, the last of several winning', () => {
    const all = lines(group).filter((line) => line.startsWith('maxmemory-policy') || line.startsWith('reserved'));
    expect(all).toEqual(['maxmemory-policy "volatile-lru"', 'maxmemory-policy "allkeys-lru"']);
  });

  test('has the port with TLS, or without', () => {
    expect(lines(group)).toEqual(expect.arrayContaining(['port "0"', 'tls-port "1"', 'tls-ca-cert-file "/ca \\"1\\".pem"']));
    expect(lines({ ...group, tls: false })).toContain('port "1"');
    expect(lines({ ...group, tls: false }).some((line) => line.startsWith('tls-'))).toBe(false);
  });

  test('says nothing of a cluster for a node that is none', () => {
    expect(lines({ ...group, clusterMode: false, parameters: {} }).filter((line) => line.includes('cluster'))).toEqual([]);
  });

  test('lets replicas take over only with automatic failover', () => {
    expect(lines(group)).toContain('cluster-replica-no-failover "no"');
    expect(lines({ ...group, automaticFailover: false })).toContain('cluster-replica-no-failover "yes"');
  });
});

describe('the ACL file', () => {
  const sha256 = '2c70e12b7a0646f92279f427c7b38e7334d8e5389cff167a1dc30e73f826b683';

  test('has an access string with the passwords that go with it, and without what ElastiCache keeps for itself', () => {
    const user = aclUser({ name: 'app', accessString: ' on  ~app:*  +@all ', passwords: ['key'] });
    expect(user.rules.slice(0, 5)).toEqual(['reset', `#${sha256}`, 'on', '~app:*', '+@all']);
    expect(user.rules.slice(5)).toEqual(expect.arrayContaining(['-config', '-acl|setuser', '-cluster|failover', '-shutdown']));
  });

  test('contains no password', () => {
    const users = [aclUser({ name: 'a', accessString: 'on', passwords: ['plain-text'] }), administrator('b', 'plain-text')];
    expect(aclFile(users)).not.toContain('plain-text');
  });

  test('turns the default user off, unless the template has one', () => {
    expect(aclFile([administrator('us', 'x')]).split('\n')[0]).toBe('user default reset off');
    const own = aclFile([aclUser({ name: 'default', accessString: 'on ~* +@all', passwords: undefined })]);
    expect(own.match(/^user default/gm)).toHaveLength(1);
    expect(own).toContain('user default reset nopass on ~* +@all');
  });

  test.each(['>x', '<x', '#0', '!0', 'nopass', 'resetpass', 'reset'])('fails when an access string has %s', (rule) => {
    expect(() => aclUser({ name: 'app', accessString: `on ${rule}`, passwords: ['x'] })).toThrow(
      `the access string of cache user 'app' can't set passwords, got: '${rule}'`,
    );
  });

  test('takes rules that only begin like those', () => {
    expect(() => aclUser({ name: 'app', accessString: 'on resetkeys resetchannels +reset', passwords: ['x'] })).not.toThrow();
  });

  test('fails when a name would end the rule', () => {
    expect(() => aclUser({ name: 'a +@all', accessString: 'on', passwords: ['x'] })).toThrow(
      "must have no blanks, got: 'a +@all'",
    );
  });
});

describe('the topology', () => {
  test('is read from what a node knows', () => {
    const answer = [
      `${nodeId(first)} 127.0.0.1:1@101 master,fail - 1 1 1 disconnected`,
      `${nodeId(second)} 127.0.0.1:2@102 myself,master - 0 0 3 connected 0-99 200-16383`,
      `${nodeId(third)} 127.0.0.1:3@103 master,fail? - 0 0 2 connected 100-199`,
      '',
    ].join('\n');
    expect(readTopology(group, answer)).toEqual([
      { node: first, role: 'primary', failed: true, serving: false },
      { node: second, role: 'primary', failed: false, serving: true },
      { node: third, role: 'primary', failed: false, serving: true },
    ]);
  });

  test('counts a node that nobody knows as failed', () => {
    expect(readTopology(group, '').every(({ failed, serving }) => failed && !serving)).toBe(true);
  });
});
