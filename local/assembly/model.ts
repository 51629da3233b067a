import { own } from '../own';
import type { Environment, Model, Resource, ResourceType, ResourceTypes } from '../types';
import { ACCEPTED } from './accepted';
import type { CloudAssembly, Stack } from './cloud-assembly';
import { isExecuted } from './custom-types';
import { replaceDynamicReferences, type SecretStore } from './dynamic-references';
import { AssemblyError } from './errors';
import { resolve, resolveCondition, type Scope } from './intrinsics';
import { isPseudoParameter, parameterValue, pseudoParameter, stackId } from './pseudo-parameters';
import type { TemplateResource } from './template';

/** An output of a stack, resolved. */
export interface Output {
  readonly stack: string;
  readonly name: string;
  readonly value: unknown;
  readonly description?: string;
}

/** Answer of a custom resource's function. */
export interface CustomResourceResult {
  readonly physicalResourceId: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/** A {@link Model} with what only the platform itself needs of the templates. */
export interface AssemblyModel extends Model {
  /** A resource as its template is written. */
  raw(resource: Resource): TemplateResource;
  /** Every resource whose condition holds, in the order of the templates. */
  all(): Resource[];
  /** Every output whose condition holds. */
  outputs(): Output[];
  /** ARN of the stack that a resource is in. */
  stackId(resource: Resource): string;
  /** Records the answer of a custom resource, so that `Ref` and `Fn::GetAtt` of it resolve. */
  complete(resource: Resource, result: CustomResourceResult): void;
}

export interface ModelOptions {
  readonly assembly: CloudAssembly;
  /** The merged tables of all products. */
  readonly types: ResourceTypes;
  readonly environment: Environment;
  /** Called the first time that a template refers to a secret's value. */
  readonly secrets: (model: Model) => SecretStore;
}

/** Locally a region has three availability zones, as most have. */
const ZONES = ['a', 'b', 'c'];

/** The resolved model of an assembly. Everything resolves on first use; a circle is reported with its members. */
export function createModel(options: ModelOptions): AssemblyModel {
  return new LazyModel(options);
}

class LazyModel implements AssemblyModel {
  readonly #options: ModelOptions;
  readonly environment: Environment;
  readonly #types: ResourceTypes;
  readonly #byStack = new Map<string, StackModel>();
  readonly #indexes = new Map<string, Map<string, Resource>>();
  readonly #results = new Map<Resource, CustomResourceResult>();
  readonly #memo = new Map<string, unknown>();
  readonly #resolving: string[] = [];
  #store?: SecretStore;

  constructor(options: ModelOptions) {
    this.#options = options;
    this.environment = options.environment;
    this.#types = options.types;
    for (const stack of options.assembly.stacks) this.#byStack.set(stack.name, new StackModel(stack, this));
  }

  resources(type: string): Resource[] {
    return this.all().filter((resource) => resource.type === type);
  }

  all(): Resource[] {
    return [...this.#byStack.values()].flatMap((stack) => [...stack.resources.values()]);
  }

  find(type: string, reference: string): Resource | undefined {
    let index = this.#indexes.get(type);
    if (!index) {
      index = new Map();
      for (const resource of this.resources(type)) {
        for (const name of Object.keys(this.#typeOf(resource).attributes ?? {}))
          index.set(this.attribute(resource, name), resource);
      }
      // `Ref` last: where it is the same text as another resource's attribute, it is the one meant.
      for (const resource of this.resources(type)) index.set(this.ref(resource), resource);
      this.#indexes.set(type, index);
    }
    return index.get(reference);
  }

  ref(resource: Resource): string {
    return this.once(`${place(resource)} Ref`, () => {
      if (isExecuted(resource.type)) return this.#resultOf(resource).physicalResourceId;
      return this.#typeOf(resource).ref(resource, this.#environmentOf(resource));
    });
  }

  attribute(resource: Resource, name: string): string {
    return this.once(`${place(resource)} ${name}`, () => {
      if (isExecuted(resource.type)) return own(this.#resultOf(resource).data, name) as string;
      const read = own(this.#typeOf(resource).attributes, name);
      if (!read) throw new AssemblyError(`attribute '${name}' of ${resource.type} is not known here`);
      return read(resource, this.#environmentOf(resource));
    });
  }

  outputs(): Output[] {
    return [...this.#byStack.values()].flatMap((stack) => stack.outputNames().map((name) => stack.output(name)));
  }

  raw(resource: Resource): TemplateResource {
    return this.#byStack.get(resource.stack)!.stack.template.Resources![resource.logicalId]!;
  }

  stackId(resource: Resource): string {
    return stackId(this.#byStack.get(resource.stack)!.deployment);
  }

  complete(resource: Resource, result: CustomResourceResult): void {
    this.#results.set(resource, result);
  }

  stackOutput(stack: string, output: string): unknown {
    const found = this.#byStack.get(stack);
    if (!found?.outputNames().includes(output)) throw new AssemblyError(`stack '${stack}' has no output '${output}'`);
    return found.output(output).value;
  }

  importValue(exportName: string): unknown {
    for (const stack of this.#byStack.values()) {
      for (const name of stack.outputNames()) if (stack.exportName(name) === exportName) return stack.output(name).value;
    }
    throw new AssemblyError(`no stack exports '${exportName}'`);
  }

  secrets(): SecretStore {
    this.#store ??= this.#options.secrets(this);
    return this.#store;
  }

  /** Resolves a thing once, naming the circle where resolving it needs itself. */
  once<T>(key: string, compute: () => T): T {
    if (this.#memo.has(key)) return this.#memo.get(key) as T;
    if (this.#resolving.includes(key)) {
      throw new AssemblyError(
        `circular reference: ${[...this.#resolving.slice(this.#resolving.indexOf(key)), key].join(' -> ')}`,
      );
    }
    this.#resolving.push(key);
    try {
      const value = compute();
      this.#memo.set(key, value);
      return value;
    } catch (error) {
      throw error instanceof AssemblyError ? error.at(key) : error;
    } finally {
      this.#resolving.pop();
    }
  }

  #typeOf(resource: Resource): Pick<ResourceType, 'ref' | 'attributes'> {
    const type = own(this.#types, resource.type) ?? own(ACCEPTED, resource.type);
    if (!type) throw new AssemblyError(`resource type '${resource.type}' is not known here`);
    return type;
  }

  #environmentOf(resource: Resource): Environment {
    const { account, region } = this.#byStack.get(resource.stack)!.deployment;
    if (account === this.environment.account && region === this.environment.region) return this.environment;
    return { ...this.environment, account, region, port: (name) => this.environment.port(name) };
  }

  #resultOf(resource: Resource): CustomResourceResult {
    const result = this.#results.get(resource);
    if (!result) throw new AssemblyError(`custom resource ${place(resource)} is read before it was made`);
    return result;
  }
}

/** One stack: its live resources, and the scope that its intrinsic functions resolve in. */
class StackModel implements Scope {
  readonly #model: LazyModel;
  readonly resources = new Map<string, Resource>();
  readonly deployment;

  constructor(
    readonly stack: Stack,
    model: LazyModel,
  ) {
    this.#model = model;
    const { account, region } = model.environment;
    this.deployment = { stack: stack.name, account: stack.account ?? account, region: stack.region ?? region };
    for (const [logicalId, raw] of Object.entries(stack.template.Resources ?? {})) {
      if (raw.Condition === undefined || this.condition(raw.Condition))
        this.resources.set(logicalId, this.#resource(logicalId, raw));
    }
  }

  outputNames(): string[] {
    const outputs = this.stack.template.Outputs ?? {};
    return Object.keys(outputs).filter((name) => {
      const condition = outputs[name]!.Condition;
      return condition === undefined || this.condition(condition);
    });
  }

  output(name: string): Output {
    const { Value, Description } = this.stack.template.Outputs![name]!;
    const value = this.#model.once(`${this.stack.name} output ${name}`, () => resolve(Value, this));
    return { stack: this.stack.name, name, value, description: Description };
  }

  exportName(name: string): unknown {
    const { Export } = this.stack.template.Outputs![name]!;
    return Export && this.#model.once(`${this.stack.name} export ${name}`, () => resolve(Export.Name, this));
  }

  ref(name: string): unknown {
    const resource = this.resources.get(name);
    if (resource) return this.#model.ref(resource);
    const parameter = own(this.stack.template.Parameters, name);
    if (parameter) return parameterValue(name, parameter);
    if (isPseudoParameter(name)) return pseudoParameter(name, this.deployment);
    throw new AssemblyError(`Ref of '${name}', which is neither a resource nor a parameter of stack '${this.stack.name}'`);
  }

  attribute(logicalId: string, name: string): unknown {
    const resource = this.resources.get(logicalId);
    if (!resource) throw new AssemblyError(`Fn::GetAtt of '${logicalId}', which is not a resource of stack '${this.stack.name}'`);
    return this.#model.attribute(resource, name);
  }

  condition(name: string): boolean {
    const conditions = this.stack.template.Conditions ?? {};
    if (!Object.hasOwn(conditions, name)) throw new AssemblyError(`stack '${this.stack.name}' has no condition '${name}'`);
    return this.#model.once(`${this.stack.name} condition ${name}`, () => resolveCondition(conditions[name], this));
  }

  mapping(map: string, first: string, second: string): unknown {
    const value = own(own(own(this.stack.template.Mappings, map), first), second);
    if (value === undefined) throw new AssemblyError(`mapping '${map}' has no '${first}' / '${second}'`);
    return value;
  }

  importValue(exportName: string): unknown {
    return this.#model.importValue(exportName);
  }

  stackOutput(stack: string, output: string): unknown {
    return this.#model.stackOutput(stack, output);
  }

  availabilityZones(region: string): string[] {
    return ZONES.map((zone) => `${region}${zone}`);
  }

  #resource(logicalId: string, raw: TemplateResource): Resource {
    const properties: Record<string, unknown> = {};
    const resource: Resource = {
      stack: this.stack.name,
      logicalId,
      type: raw.Type,
      properties,
      asset: (s3Key) => {
        const location = this.stack.assets.get(s3Key);
        if (!location) throw new AssemblyError(`asset '${s3Key}' is not in the asset manifest of stack '${this.stack.name}'`);
        return location;
      },
    };
    for (const [name, value] of Object.entries(raw.Properties ?? {})) {
      Object.defineProperty(properties, name, {
        enumerable: true,
        get: () =>
          this.#model.once(`${place(resource)} property ${name}`, () =>
            replaceDynamicReferences(resolve(value, this), { value: (id) => this.#model.secrets().value(id) }),
          ),
      });
    }
    return resource;
  }
}

function place(resource: Resource): string {
  return `${resource.stack}/${resource.logicalId}`;
}
