import { substitutions } from './intrinsics';
import { dependsOn, intrinsic, isObject, type TemplateResource } from './template';

/** One mention of something of the same stack: a resource, a parameter or a pseudo parameter. */
export interface Reference {
  readonly name: string;
  /** Set for `Fn::GetAtt`, and for `${Name.Attribute}` in `Fn::Sub`; `*` where only the run of the platform can tell. */
  readonly attribute?: string;
}

/** Every mention in a value, in the order they stand. */
export function references(value: unknown): Reference[] {
  if (Array.isArray(value)) return value.flatMap(references);
  if (!isObject(value)) return [];
  const call = intrinsic(value);
  if (!call) return Object.values(value).flatMap(references);
  const [name, argument] = call;
  if (name === 'Ref' && typeof argument === 'string') return [{ name: argument }];
  if (name === 'Fn::GetAtt') return attributeReference(argument);
  if (name === 'Fn::Sub') return subReferences(argument);
  return references(argument);
}

/** Logical ids that a resource has to come after, from its properties and `DependsOn`. */
export function dependencies(resource: TemplateResource): Set<string> {
  return new Set([...dependsOn(resource), ...references(resource.Properties).map(({ name }) => name)]);
}

function attributeReference(argument: unknown): Reference[] {
  const [name, attribute] =
    typeof argument === 'string' ? [argument.split('.')[0], argument.split('.').slice(1).join('.')] : (argument as unknown[]);
  if (typeof name !== 'string') return [];
  return [{ name, attribute: typeof attribute === 'string' ? attribute : '*' }];
}

function subReferences(argument: unknown): Reference[] {
  const [template, variables] = Array.isArray(argument) ? argument : [argument, {}];
  const own = Object.keys(variables ?? {});
  const named = typeof template === 'string' ? substitutions(template).filter((name) => !own.includes(name)) : [];
  return [
    ...named.map((text): Reference => {
      const dot = text.indexOf('.');
      return dot < 0 ? { name: text } : { name: text.slice(0, dot), attribute: text.slice(dot + 1) };
    }),
    ...references(variables),
  ];
}
