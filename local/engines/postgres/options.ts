import type { Model, Resource } from '../../types';
import { instanceIdentifier, portName } from './names';

/** A database instance with its read replicas. */
export interface DatabaseOptions extends ServerOptions {
  /** Created at the start; `postgres` is there in any case. */
  readonly databaseName?: string;
  readonly username: string;
  readonly password: string;
  readonly replicas: readonly ServerOptions[];
}

/** One server. */
export interface ServerOptions {
  /** `postgres:<stack>/<logical id>`: the name of its port, its process and its log. */
  readonly name: string;
  readonly identifier: string;
  readonly port: number;
  /** Of its parameter group. */
  readonly parameters: Readonly<Record<string, string>>;
}

/** Every database of the template, replicas with their primary. */
export function databasesFromTemplate(model: Model): DatabaseOptions[] {
  const instances = model.resources('AWS::RDS::DBInstance');
  const sourceOf = new Map<Resource, Resource>();
  for (const instance of instances) {
    const reference = instance.properties.SourceDBInstanceIdentifier;
    if (reference === undefined) continue;
    const source = model.find('AWS::RDS::DBInstance', reference);
    if (!source) throw unsupported(instance, 'SourceDBInstanceIdentifier', reference, 'must name an instance of the template');
    if (source.properties.SourceDBInstanceIdentifier !== undefined) {
      throw unsupported(
        instance,
        'SourceDBInstanceIdentifier',
        reference,
        'names a replica, and replicas of replicas are not run here',
      );
    }
    sourceOf.set(instance, source);
  }
  return instances
    .filter((instance) => !sourceOf.has(instance))
    .map((instance) => ({
      ...primary(instance, model),
      replicas: instances.filter((other) => sourceOf.get(other) === instance).map((replica) => server(replica, model)),
    }));
}

function primary(instance: Resource, model: Model): Omit<DatabaseOptions, 'replicas'> {
  const { Engine, DBName, MasterUsername, MasterUserPassword } = instance.properties;
  if (Engine !== 'postgres') throw unsupported(instance, 'Engine', Engine, "must be 'postgres'");
  if (!MasterUsername) throw unsupported(instance, 'MasterUsername', MasterUsername, 'is needed');
  if (!MasterUserPassword) throw unsupported(instance, 'MasterUserPassword', MasterUserPassword, 'is needed');
  return { ...server(instance, model), databaseName: DBName, username: MasterUsername, password: MasterUserPassword };
}

function server(instance: Resource, model: Model): ServerOptions {
  return {
    name: portName(instance),
    identifier: instanceIdentifier(instance),
    port: model.environment.port(portName(instance)),
    parameters: parameters(instance, model),
  };
}

function parameters(instance: Resource, model: Model): Record<string, string> {
  const name: string | undefined = instance.properties.DBParameterGroupName;
  if (name === undefined || name.startsWith('default.')) return {};
  const group = model.find('AWS::RDS::DBParameterGroup', name);
  if (!group) throw unsupported(instance, 'DBParameterGroupName', name, 'must name a parameter group of the template');
  return Object.fromEntries(Object.entries(group.properties.Parameters ?? {}).map(([key, value]) => [key, String(value)]));
}

function unsupported({ stack, logicalId }: Resource, property: string, value: unknown, rule: string): Error {
  return new Error(`'${property}' of ${stack}/${logicalId} ${rule}, got: '${value}'`);
}
