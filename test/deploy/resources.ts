import { inOrder, type Json, type StackArtifact } from './assembly';

/** One resource of an app, its properties with every intrinsic function worked out as far as a template says. */
export interface Resource {
  /** `STACK/LOGICAL-ID`: what it is called in messages and marks. */
  readonly address: string;
  readonly stack: string;
  readonly region: string;
  readonly account: string;
  readonly logicalId: string;
  readonly type: string;
  readonly properties: Readonly<Record<string, Json>>;
  readonly deletionPolicy: string;
  readonly updatePolicy: Readonly<Record<string, Json>>;
  /** Addresses that must exist before it: in its own stack, and in others. */
  readonly needs: ReadonlySet<string>;
}

/** Mark of another resource in a value: `<<STACK/ID>>` for its `Ref`, `<<STACK/ID.Attribute>>` for an attribute of it. */
const MARK = /<<([^<>/]+\/[^<>.]+)(?:\.([^<>]+))?>>/g;

/** Addresses of all resources that a value mentions. */
export function mentioned(value: Json): Set<string> {
  const text = typeof value === 'string' ? value : JSON.stringify(value ?? null);
  return new Set([...text.matchAll(MARK)].map(([, address]) => address as string));
}

/** True if a value is the other resource itself: its `Ref`, its ARN, or a text that contains either. */
export function mentions(value: Json, address: string): boolean {
  return mentioned(value).has(address);
}

/**
 * Every resource of an app's stacks, in the order in which they are created.
 *
 * @throws {Error} where a template refers to what isn't there, or needs itself.
 */
export function resourcesOf(stacks: readonly StackArtifact[]): Resource[] {
  const outputs = new Map<string, Json>();
  const exports = new Map<string, Json>();
  return stacks.flatMap((stack) => {
    const evaluate = evaluator(stack, outputs, exports);
    const found = Object.entries(stack.template.Resources)
      .filter(([, { Condition }]) => Condition === undefined || evaluate.condition(Condition))
      .map(([logicalId, resource]): Resource => {
        const properties = evaluate.value(resource.Properties ?? {}) ?? {};
        const explicit = [resource.DependsOn ?? []].flat().map((id) => `${stack.name}/${id}`);
        return {
          address: `${stack.name}/${logicalId}`,
          stack: stack.name,
          region: stack.region,
          account: stack.account,
          logicalId,
          type: resource.Type,
          properties,
          deletionPolicy: resource.DeletionPolicy ?? defaultPolicy(resource.Type, properties),
          updatePolicy: resource.UpdatePolicy ?? {},
          needs: new Set([...mentioned(properties), ...explicit]),
        };
      });
    for (const [name, { Value, Export }] of Object.entries(stack.template.Outputs ?? {})) {
      outputs.set(`${stack.region}:${stack.stackName ?? stack.name}.${name}`, evaluate.value(Value));
      if (Export) exports.set(`${stack.region}:${evaluate.value(Export.Name)}`, evaluate.value(Value));
    }
    return inOrder(
      found,
      ({ address }) => address,
      ({ needs }) => [...needs],
    );
  });
}

/** @see https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-attribute-deletionpolicy.html */
function defaultPolicy(type: string, properties: Json): string {
  const isDatabase = type === 'AWS::RDS::DBCluster' || (type === 'AWS::RDS::DBInstance' && !properties.DBClusterIdentifier);
  return isDatabase ? 'Snapshot' : 'Delete';
}

interface Evaluator {
  value(value: Json): Json;
  condition(name: string): boolean;
}

function evaluator(stack: StackArtifact, outputs: ReadonlyMap<string, Json>, exports: ReadonlyMap<string, Json>): Evaluator {
  const { template, name, region, account } = stack;
  const partition = region.startsWith('cn-') ? 'aws-cn' : region.startsWith('us-gov-') ? 'aws-us-gov' : 'aws';
  const pseudo: Readonly<Record<string, Json>> = {
    'AWS::Region': region,
    'AWS::AccountId': account,
    'AWS::Partition': partition,
    'AWS::StackName': stack.stackName ?? name,
    'AWS::StackId': `arn:${partition}:cloudformation:${region}:${account}:stack/${stack.stackName ?? name}/id`,
    'AWS::URLSuffix': partition === 'aws-cn' ? 'amazonaws.com.cn' : 'amazonaws.com',
    'AWS::NoValue': undefined,
    'AWS::NotificationARNs': [],
  };
  const reference = (id: string): Json => {
    if (Object.hasOwn(pseudo, id)) return pseudo[id];
    if (Object.hasOwn(template.Resources, id)) return `<<${name}/${id}>>`;
    const parameter = Object.hasOwn(template.Parameters ?? {}, id) ? template.Parameters?.[id] : undefined;
    if (parameter) return parameter.Default ?? `parameter ${id}`;
    throw new Error(`stack ${name} refers to '${id}', which its template doesn't have`);
  };
  const attribute = (id: string, of: string): Json => {
    if (!Object.hasOwn(template.Resources, id))
      throw new Error(`stack ${name} reads '${id}.${of}', which its template doesn't have`);
    return `<<${name}/${id}.${of}>>`;
  };
  const functions: Readonly<Record<string, (argument: Json) => Json>> = {
    Ref: reference,
    'Fn::GetAtt': (argument) => {
      const [id, ...rest] = typeof argument === 'string' ? argument.split('.') : argument;
      return attribute(id, rest.join('.'));
    },
    'Fn::Join': ([separator, parts]) => [value(parts)].flat().join(separator),
    'Fn::Sub': (argument) => {
      const [text, variables] = Array.isArray(argument) ? argument : [argument, {}];
      return (text as string).replace(/\$\{(!?)([^}]+)\}/g, (_, literal, key: string) => {
        if (literal) return `\${${key}}`;
        if (Object.hasOwn(variables, key)) return String(value(variables[key]));
        return String(
          key.includes('.') ? attribute(key.split('.')[0] as string, key.slice(key.indexOf('.') + 1)) : reference(key),
        );
      });
    },
    'Fn::Select': ([index, list]) => {
      const items = value(list);
      return Array.isArray(items) ? items[Number(value(index))] : `${items}[${index}]`;
    },
    'Fn::Split': ([separator, text]) => String(value(text)).split(separator),
    'Fn::GetAZs': (where) => ['a', 'b', 'c'].map((zone) => `${value(where) || region}${zone}`),
    'Fn::If': ([condition, yes, no]) => value(evaluateCondition(condition) ? yes : no),
    'Fn::Base64': (text) => value(text),
    'Fn::ImportValue': (argument) => {
      const key = `${region}:${value(argument)}`;
      if (!exports.has(key))
        throw new Error(`stack ${name} imports '${value(argument)}', which no stack before it exports in ${region}`);
      return exports.get(key);
    },
    'Fn::GetStackOutput': (argument) => {
      const { StackName, OutputName, Region } = value(argument);
      const key = `${Region ?? region}:${String(StackName).replace(/^arn:[^/]+\/([^/]+)\/.*$/, '$1')}.${OutputName}`;
      if (!outputs.has(key)) throw new Error(`stack ${name} reads the output '${key}', which no stack before it has`);
      return outputs.get(key);
    },
    'Fn::Cidr': ([block, count]) => Array.from({ length: Number(value(count)) }, (_, index) => `${value(block)}#${index}`),
    'Fn::FindInMap': (argument) => `map ${JSON.stringify(argument)}`,
    'Fn::ToJsonString': (argument) => JSON.stringify(value(argument)),
  };
  const value = (given: Json): Json => {
    if (Array.isArray(given)) return given.map(value).filter((item) => item !== undefined);
    if (given === null || typeof given !== 'object') return given;
    const [key, ...others] = Object.keys(given);
    if (key !== undefined && others.length === 0 && Object.hasOwn(functions, key)) return functions[key]?.(given[key]);
    if (key?.startsWith('Fn::') && others.length === 0) throw new Error(`stack ${name} uses '${key}', which isn't known here`);
    return Object.fromEntries(
      Object.entries(given)
        .map(([name, inner]) => [name, value(inner)])
        .filter(([, inner]) => inner !== undefined),
    );
  };
  const evaluateCondition = (condition: string): boolean => test(template.Conditions?.[condition]);
  const test = (given: Json): boolean => {
    if (given?.Condition) return evaluateCondition(given.Condition);
    if (given?.['Fn::Equals']) return value(given['Fn::Equals'][0]) === value(given['Fn::Equals'][1]);
    if (given?.['Fn::Not']) return !test(given['Fn::Not'][0]);
    if (given?.['Fn::Or']) return given['Fn::Or'].some(test);
    if (given?.['Fn::And']) return given['Fn::And'].every(test);
    throw new Error(`stack ${name}: condition ${JSON.stringify(given)} isn't known here`);
  };
  return { value, condition: evaluateCondition };
}
