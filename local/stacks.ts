import { AssemblyError, type AssemblyModel, type Output } from './assembly';
import type { Stacks } from './aws';

/** Stacks of a model. @param hosts - base URLs of this machine, by the host name that each stands for */
export function stacksOf(model: AssemblyModel, hosts: ReadonlyMap<string, string>): Stacks {
  return {
    ids: () => new Map(model.all().map((resource) => [resource.stack, model.stackId(resource)])),
    resources: (stack) => model.all().filter((resource) => resource.stack === stack),
    physicalId: (resource) => model.ref(resource),
    outputs: (stack) =>
      outputsOf(model)
        .filter((output) => output.stack === stack)
        .map((output) => ({
          ...output,
          value: typeof output.value === 'string' ? localizedText(output.value, hosts) : output.value,
        })),
  };
}

/** None until every custom resource is made, since outputs may need what these answer. */
function outputsOf(model: AssemblyModel): Output[] {
  try {
    return model.outputs();
  } catch (error) {
    if (error instanceof AssemblyError) return [];
    throw error;
  }
}

/** Replaces `https://<host>`, and then the bare host, of whatever a local server stands for. */
export function localizedText(text: string, hosts: ReadonlyMap<string, string>): string {
  let result = text;
  for (const [host, url] of hosts) {
    result = result.replaceAll(`https://${host}`, url).replaceAll(host, new URL(url).host);
  }
  return result;
}
