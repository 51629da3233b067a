import { loadAwsServiceSpecSync } from '@aws-cdk/aws-service-spec';
import type { Property, PropertyType, TypeDefinition } from '@aws-cdk/service-spec-types';
import type { Json } from './assembly';
import type { Problem } from './problem';
import type { Resource } from './resources';

const spec = loadAwsServiceSpecSync();

/**
 * Properties of the registry that a template has and that a type doesn't know, or lacks, or that have a value it doesn't take.
 */
export function schemaProblems(resources: readonly Resource[]): Problem[] {
  return resources.flatMap(({ address, type, properties, deletionPolicy }) => {
    if (!type.startsWith('AWS::') || type === 'AWS::CDK::Metadata' || type === 'AWS::CloudFormation::CustomResource') return [];
    const found = spec.lookup('resource', 'cloudFormationType', 'equals', type);
    if (found.length === 0) return [{ rule: 'schema', address, text: `type ${type} isn't one of the registry` }];
    const texts = objectProblems(found.only().properties, properties, type);
    if (deletionPolicy === 'Snapshot' && !WITH_SNAPSHOTS.includes(type)) {
      texts.push(
        `'DeletionPolicy' of ${type} must not be 'Snapshot', which CloudFormation has for data only; keep it, or delete it`,
      );
    }
    return texts.map((text) => ({ rule: 'schema', address, text }));
  });
}

/** @see https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-attribute-deletionpolicy.html */
const WITH_SNAPSHOTS: readonly string[] = [
  'AWS::DocDB::DBCluster',
  'AWS::EC2::Volume',
  'AWS::ElastiCache::CacheCluster',
  'AWS::ElastiCache::ReplicationGroup',
  'AWS::Neptune::DBCluster',
  'AWS::RDS::DBCluster',
  'AWS::RDS::DBInstance',
  'AWS::Redshift::Cluster',
];

function objectProblems(
  known: Readonly<Record<string, Property>>,
  given: Readonly<Record<string, Json>>,
  where: string,
): string[] {
  const unknown = Object.keys(given).filter((name) => !Object.hasOwn(known, name));
  const missing = Object.entries(known).filter(([name, { required }]) => required && given[name] === undefined);
  return [
    ...unknown.map((name) => `'${where}.${name}' isn't a property of the type; remove it`),
    ...missing.map(([name]) => `'${where}.${name}' must be given, got: nothing`),
    ...Object.entries(given).flatMap(([name, value]) =>
      Object.hasOwn(known, name) ? valueProblems((known[name] as Property).type, value, `${where}.${name}`) : [],
    ),
  ];
}

function valueProblems(type: PropertyType, value: Json, where: string): string[] {
  const fail = (rule: string): string[] => [`'${where}' must be ${rule}, got: ${JSON.stringify(value)?.slice(0, 100)}`];
  switch (type.type) {
    case 'string': {
      if (typeof value === 'object') return fail('a text');
      const { allowedValues } = type as { readonly allowedValues?: readonly string[] };
      // What another resource or a secret gives can't be known here.
      return allowedValues && !allowedValues.includes(String(value)) && !/<<|\{\{/.test(String(value))
        ? fail(`one of ${allowedValues.join(', ')}`)
        : [];
    }
    case 'boolean':
      return typeof value === 'boolean' || value === 'true' || value === 'false' ? [] : fail('true or false');
    case 'integer':
    case 'number':
      return Number.isFinite(Number(value)) || /<<|\{\{/.test(String(value)) ? [] : fail('a number');
    case 'array':
      return Array.isArray(value)
        ? value.flatMap((item, index) => valueProblems(type.element, item, `${where}[${index}]`))
        : typeof value === 'string'
          ? []
          : fail('a list');
    case 'map':
      return value !== null && typeof value === 'object' && !Array.isArray(value)
        ? Object.entries(value).flatMap(([key, item]) => valueProblems(type.element, item, `${where}.${key}`))
        : fail('an object');
    case 'ref': {
      if (value === null || typeof value !== 'object')
        return typeof value === 'string' && value.includes('<<') ? [] : fail('an object');
      const definition = spec.get('typeDefinition', type.reference.$ref) as TypeDefinition;
      return objectProblems(definition.properties, value, where);
    }
    default:
      return [];
  }
}
