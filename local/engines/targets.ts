import type { Model, Resource } from '../types';
import { databasesFromTemplate, type ServerOptions } from './postgres/options';
import { portName } from './redis/names';
import { replicationGroupsFromTemplate } from './redis/options';

/** Server or cluster that a function may connect to, with its place in the template's network. */
export interface EngineTarget {
  /** `postgres:<stack>/<logical id>`, or `redis:<stack>/<logical id>` with all of its nodes. */
  readonly name: string;
  /** Its port by AWS's number, which rules of security groups name. */
  readonly awsPort: number;
  /** Ports of this machine; the first one is what the template's endpoint gives. */
  readonly ports: readonly number[];
  /** Empty where no subnet group is named. */
  readonly subnets: readonly string[];
  /** Empty where none is named: then it's the VPC's default group. */
  readonly securityGroups: readonly string[];
}

/** Ports of the engines where the template names none. */
const POSTGRES_PORT = 5432;
const REDIS_PORT = 6379;

/** Every server and cluster of the template. */
export function engineTargets(model: Model): EngineTarget[] {
  return [...databaseTargets(model), ...cacheTargets(model)];
}

function databaseTargets(model: Model): EngineTarget[] {
  const instances = new Map(
    model.resources('AWS::RDS::DBInstance').map((each) => [`postgres:${each.stack}/${each.logicalId}`, each]),
  );
  return databasesFromTemplate(model).flatMap((primary) => {
    const source = instances.get(primary.name)!.properties;
    return [primary, ...primary.replicas].map(({ name, port }: ServerOptions) => {
      const { properties } = instances.get(name)!;
      return {
        name,
        awsPort: Number(properties.Port ?? source.Port ?? POSTGRES_PORT),
        ports: [port],
        // A replica is in the subnets of its source, and in groups of its own.
        subnets: subnetsOf(model, 'AWS::RDS::DBSubnetGroup', properties.DBSubnetGroupName ?? source.DBSubnetGroupName),
        securityGroups: properties.VPCSecurityGroups ?? [],
      };
    });
  });
}

function cacheTargets(model: Model): EngineTarget[] {
  const resources = new Map(
    ['AWS::ElastiCache::ReplicationGroup', 'AWS::ElastiCache::ServerlessCache']
      .flatMap((type) => model.resources(type))
      .map((each) => [portName(each), each]),
  );
  return replicationGroupsFromTemplate(model).map(({ name, shards }) => {
    const { properties } = resources.get(name)!;
    return {
      name,
      awsPort: Number(properties.Port ?? REDIS_PORT),
      ports: shards.flatMap(({ nodes }) => nodes.map(({ port }) => port)),
      subnets: properties.SubnetIds ?? subnetsOf(model, 'AWS::ElastiCache::SubnetGroup', properties.CacheSubnetGroupName),
      securityGroups: properties.SecurityGroupIds ?? [],
    };
  });
}

function subnetsOf(model: Model, type: string, name: string | undefined): string[] {
  const group: Resource | undefined = name === undefined ? undefined : model.find(type, name);
  return group?.properties.SubnetIds ?? [];
}
