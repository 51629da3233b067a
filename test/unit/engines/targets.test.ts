import { engineTargets, types } from '../../../local/engines';
import type { Environment } from '../../../local/types';
import { modelOf } from '../../support/engines-model';

const names: string[] = [];
const place: Environment = {
  account: '1',
  region: 'r',
  endpointUrl: '',
  caFile: '',
  stateDir: '',
  port: (name) => {
    if (!names.includes(name)) names.push(name);
    return 9000 + names.indexOf(name);
  },
};

test('a database and its replica have the subnets of the primary, and groups and ports of their own', () => {
  const model = modelOf(types, place, {
    'S/Subnets': { type: 'AWS::RDS::DBSubnetGroup', properties: { DBSubnetGroupName: 'Own', SubnetIds: ['a', 'b'] } },
    'S/Primary': {
      type: 'AWS::RDS::DBInstance',
      properties: {
        Engine: 'postgres',
        MasterUsername: 'owner',
        MasterUserPassword: 'secret',
        Port: '5433',
        DBSubnetGroupName: 'own',
        VPCSecurityGroups: ['sg-1'],
      },
    },
    'S/Replica': { type: 'AWS::RDS::DBInstance', properties: { SourceDBInstanceIdentifier: 's-primary' } },
  });
  const [primary, replica] = ['postgres:S/Primary', 'postgres:S/Replica'].map((name) => place.port(name));
  expect(engineTargets(model)).toEqual([
    { name: 'postgres:S/Primary', awsPort: 5433, ports: [primary], subnets: ['a', 'b'], securityGroups: ['sg-1'] },
    { name: 'postgres:S/Replica', awsPort: 5433, ports: [replica], subnets: ['a', 'b'], securityGroups: [] },
  ]);
});

test('a replication group is one target with the ports of all of its nodes, and has no subnets where it names no subnet group', () => {
  const model = modelOf(types, place, {
    'S/Group': {
      type: 'AWS::ElastiCache::ReplicationGroup',
      properties: { CacheParameterGroupName: 'default.valkey8.cluster.on', NumNodeGroups: 2, ReplicasPerNodeGroup: 1 },
    },
  });
  const [target, ...others] = engineTargets(model);
  expect(others).toEqual([]);
  expect(target).toMatchObject({ name: 'redis:S/Group', awsPort: 6379, subnets: [], securityGroups: [] });
  expect(new Set(target?.ports).size).toBe(4);
  expect(target?.ports[0]).toBe(place.port('redis:S/Group'));
});
