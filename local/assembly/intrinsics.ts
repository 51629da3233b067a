import { own } from '../own';
import { cidrBlocks } from './cidr';
import { AssemblyError } from './errors';
import { intrinsic, isObject } from './template';

/** Values that intrinsic functions refer to, as seen from one stack. */
export interface Scope {
  /** A parameter, pseudo parameter or resource of the stack. {@link NO_VALUE} for `AWS::NoValue`. */
  ref(name: string): unknown;
  attribute(logicalId: string, name: string): unknown;
  condition(name: string): boolean;
  mapping(map: string, first: string, second: string): unknown;
  importValue(exportName: string): unknown;
  stackOutput(stack: string, output: string): unknown;
  availabilityZones(region: string): string[];
}

/** Value of `AWS::NoValue`. A property or list item with it is left out. */
export const NO_VALUE = Symbol('AWS::NoValue');

type Evaluate = (argument: unknown, scope: Scope) => unknown;

/** The intrinsic functions that resolve to a value. */
const FUNCTIONS: Readonly<Record<string, Evaluate>> = {
  Ref: (argument, scope) => scope.ref(text(argument, 'Ref')),

  'Fn::GetAtt': (argument, scope) => {
    if (typeof argument === 'string') {
      const dot = argument.indexOf('.');
      if (dot < 1) throw new AssemblyError(`Fn::GetAtt takes 'logicalId.attribute', got '${argument}'`);
      return scope.attribute(argument.slice(0, dot), argument.slice(dot + 1));
    }
    const [logicalId, name] = list(argument, 'Fn::GetAtt', 2);
    return scope.attribute(text(logicalId, 'Fn::GetAtt'), text(resolve(name, scope), 'Fn::GetAtt'));
  },

  'Fn::Join': (argument, scope) => {
    const [delimiter, values] = list(argument, 'Fn::Join', 2);
    return list(resolve(values, scope), 'Fn::Join')
      .map((value) => text(value, 'Fn::Join'))
      .join(text(delimiter, 'Fn::Join'));
  },

  'Fn::Sub': (argument, scope) => {
    const [template, variables] = typeof argument === 'string' ? [argument, {}] : list(argument, 'Fn::Sub', 2);
    if (!isObject(variables)) throw new AssemblyError('Fn::Sub takes an object of variables as its second argument');
    return text(template, 'Fn::Sub').replace(SUB_VARIABLE, (_, escaped: string | undefined, name: string) =>
      escaped ? `\${${name}}` : text(substitution(name, variables, scope), 'Fn::Sub'),
    );
  },

  'Fn::Select': (argument, scope) => {
    const [index, values] = list(argument, 'Fn::Select', 2);
    const position = Number(resolve(index, scope));
    const items = list(resolve(values, scope), 'Fn::Select');
    if (!Object.hasOwn(items, position)) throw new AssemblyError(`Fn::Select has no item ${position} among ${items.length}`);
    return items[position];
  },

  'Fn::Split': (argument, scope) => {
    const [delimiter, value] = list(argument, 'Fn::Split', 2);
    return text(resolve(value, scope), 'Fn::Split').split(text(delimiter, 'Fn::Split'));
  },

  'Fn::If': (argument, scope) => {
    const [name, yes, no] = list(argument, 'Fn::If', 3);
    return evaluate(scope.condition(text(name, 'Fn::If')) ? yes : no, scope);
  },

  'Fn::FindInMap': (argument, scope) => {
    const [map, first, second] = list(argument, 'Fn::FindInMap', 3).map((part) => text(resolve(part, scope), 'Fn::FindInMap'));
    return resolve(scope.mapping(map!, first!, second!), scope);
  },

  'Fn::Base64': (argument, scope) => Buffer.from(text(resolve(argument, scope), 'Fn::Base64')).toString('base64'),

  'Fn::GetAZs': (argument, scope) => {
    const region = text(resolve(argument, scope), 'Fn::GetAZs');
    return scope.availabilityZones(region === '' ? text(scope.ref('AWS::Region'), 'Fn::GetAZs') : region);
  },

  'Fn::ImportValue': (argument, scope) => scope.importValue(text(resolve(argument, scope), 'Fn::ImportValue')),

  // A weak reference of CDK's: the output of another stack by name, without an export. `Region` and `RoleArn` say where that
  // stack is; names are unique here, so they make no difference.
  'Fn::GetStackOutput': (argument, scope) => {
    const value = resolve(argument, scope);
    if (!isObject(value)) throw new AssemblyError('Fn::GetStackOutput takes an object with StackName and OutputName');
    return scope.stackOutput(text(value.StackName, 'Fn::GetStackOutput'), text(value.OutputName, 'Fn::GetStackOutput'));
  },

  'Fn::Cidr': (argument, scope) => {
    const [block, count, bits] = list(resolve(argument, scope), 'Fn::Cidr');
    return cidrBlocks(text(block, 'Fn::Cidr'), Number(count), Number(bits ?? 8));
  },
};

/** `${Name}`, `${LogicalId.Attribute}`, `${AWS::Region}`; `${!Name}` stands for a literal `${Name}`. */
const SUB_VARIABLE = /\$\{(!)?([^!}][^}]*)\}/g;

/** Names of the intrinsic functions that can be resolved. */
export const INTRINSICS: readonly string[] = Object.keys(FUNCTIONS);

/** The variables that the text of an `Fn::Sub` names. */
export function substitutions(template: string): string[] {
  return [...template.matchAll(SUB_VARIABLE)].filter((match) => !match[1]).map((match) => match[2]!.trim());
}

/**
 * A value with every intrinsic function in it resolved; parts that resolve to `AWS::NoValue` are left out.
 * @throws {AssemblyError} of a function that is unknown, or whose arguments are wrong.
 */
export function resolve(value: unknown, scope: Scope): unknown {
  const resolved = evaluate(value, scope);
  return resolved === NO_VALUE ? undefined : resolved;
}

/** A condition's value. @throws {AssemblyError} of anything but `Fn::Equals`, `Fn::And`, `Fn::Or`, `Fn::Not` and `Condition`. */
export function resolveCondition(value: unknown, scope: Scope): boolean {
  const [name, argument] = isObject(value) ? (Object.entries(value)[0] ?? []) : [];
  switch (name) {
    case 'Condition':
      return scope.condition(text(argument, 'Condition'));
    case 'Fn::Equals': {
      const [left, right] = list(argument, 'Fn::Equals', 2);
      return JSON.stringify(resolve(left, scope)) === JSON.stringify(resolve(right, scope));
    }
    case 'Fn::And':
      return list(argument, 'Fn::And').every((part) => resolveCondition(part, scope));
    case 'Fn::Or':
      return list(argument, 'Fn::Or').some((part) => resolveCondition(part, scope));
    case 'Fn::Not':
      return !resolveCondition(list(argument, 'Fn::Not', 1)[0], scope);
    default:
      throw new AssemblyError(`a condition can't be ${JSON.stringify(value)}`);
  }
}

/** Like {@link resolve}, but gives {@link NO_VALUE} back, so that a caller can leave the whole property out. */
function evaluate(value: unknown, scope: Scope): unknown {
  if (Array.isArray(value)) return value.map((item) => evaluate(item, scope)).filter((item) => item !== NO_VALUE);
  if (!isObject(value)) return value;
  const call = intrinsic(value);
  if (call) {
    const [name, argument] = call;
    const apply = own(FUNCTIONS, name);
    if (!apply) throw new AssemblyError(`intrinsic function '${name}' is not known here`);
    return apply(argument, scope);
  }
  return Object.fromEntries(
    Object.entries(value)
      .map(([key, item]) => [key, evaluate(item, scope)] as const)
      .filter(([, item]) => item !== NO_VALUE),
  );
}

function substitution(variable: string, variables: Readonly<Record<string, unknown>>, scope: Scope): unknown {
  const name = variable.trim();
  if (Object.hasOwn(variables, name)) return resolve(variables[name], scope);
  const dot = name.indexOf('.');
  return dot < 0 ? scope.ref(name) : scope.attribute(name.slice(0, dot), name.slice(dot + 1));
}

function text(value: unknown, where: string): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  throw new AssemblyError(`${where} takes text, got ${value === NO_VALUE ? 'AWS::NoValue' : JSON.stringify(value)}`);
}

function list(value: unknown, where: string, length?: number): readonly unknown[] {
  if (!Array.isArray(value) || (length !== undefined && value.length !== length)) {
    throw new AssemblyError(`${where} takes a list${length === undefined ? '' : ` of ${length}`}, got ${JSON.stringify(value)}`);
  }
  return value;
}
