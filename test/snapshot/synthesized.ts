import { App, type Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import cdkJson from '../../cdk.json';
import { places } from '../../examples/places';
import { addCachement } from '../../lib/stacks/app';
import { stageConfig } from '../../lib/stacks/stage';

/** One resource of a template. */
export interface TemplateResource {
  readonly Type: string;
  // biome-ignore lint/suspicious/noExplicitAny: CloudFormation properties have no static shape here
  readonly Properties: Record<string, any>;
  readonly [attribute: string]: unknown;
}

/** A synthesized stage: its templates by the part of the stage that they are, such as `edge`. */
export class SynthesizedStage {
  readonly stacks: ReadonlyMap<string, Stack>;

  constructor(readonly name: string) {
    const app = new App({
      context: cdkJson.context,
      analyticsReporting: false,
      // Takes seconds, and `npm run check:policies` does it for every stage, warnings included.
      builtinCloudFormationValidation: false,
    });
    const stacks = addCachement(app, { ...places, config: stageConfig(name) });
    this.stacks = new Map(stacks.map((stack) => [stack.stackName.replace(`cachement-${name}-`, ''), stack]));
  }

  get parts(): string[] {
    return [...this.stacks.keys()];
  }

  template(part: string): Template {
    const stack = this.stacks.get(part);
    if (!stack) throw new Error(`stage '${this.name}' has no stack '${part}'`);
    return Template.fromStack(stack);
  }

  /** Every resource of every stack, or those of one type, by `part/logical id`. */
  resources(type?: string): Map<string, TemplateResource> {
    const found = new Map<string, TemplateResource>();
    for (const part of this.parts) {
      const all: Record<string, TemplateResource> = this.template(part).toJSON().Resources ?? {};
      for (const [id, resource] of Object.entries(all)) {
        if (type === undefined || resource.Type === type) found.set(`${part}/${id}`, resource);
      }
    }
    return found;
  }
}

/** Hashes of assets change with every edit of a function's source, which is not what a snapshot of a template is about. */
const ASSET_HASH = /\b[0-9a-f]{64}\b/g;

/** @returns a value of a template with every asset's hash made the same. */
export function withoutAssetHashes<T>(value: T): T {
  return JSON.parse(JSON.stringify(value).replace(ASSET_HASH, '<ASSET_HASH>'));
}
