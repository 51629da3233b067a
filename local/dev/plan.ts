import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { ACCEPTED, type AssemblyModel, type CloudAssembly, ignoredPaths, NotHonouredError } from '../assembly';
import { edgeFromTemplate } from '../edge';
import { enginesFromTemplate } from '../engines';
import { eventsFromTemplate } from '../events';
import { gatewayFromTemplate } from '../gateway';
import { lambdaFromTemplate } from '../lambda';
import { checkedModel } from '../platform';
import { PRODUCT_TYPES } from '../products';
import { queuesFromTemplate } from '../queues';
import type { Environment, Resource } from '../types';

const READERS = [
  enginesFromTemplate,
  lambdaFromTemplate,
  queuesFromTemplate,
  eventsFromTemplate,
  gatewayFromTemplate,
  edgeFromTemplate,
];

/**
 * Says of everything in the templates whether it is honoured, ignored with a reason, or refused with what to do. Nothing is
 * started, and nothing is left in the project.
 */
export function plan(assembly: CloudAssembly, skip: readonly string[]): { readonly text: string; readonly refused: number } {
  const stateDir = fs.mkdtempSync(path.join(os.tmpdir(), 'cachement-plan-'));
  try {
    const environment = nowhere(assembly, stateDir);
    try {
      const { model } = checkedModel(assembly, environment, skip);
      const problems = READERS.flatMap((read) => problemOf(() => read(model)));
      return { text: [...honoured(model), ...ignored(model, skip), ...refusals(problems)].join('\n'), refused: problems.length };
    } catch (error) {
      if (!(error instanceof NotHonouredError)) throw error;
      return { text: `refused: ${error.message}`, refused: error.problems.length };
    }
  } finally {
    fs.rmSync(stateDir, { recursive: true, force: true });
  }
}

/** An environment whose servers are never started. */
function nowhere({ stacks }: CloudAssembly, stateDir: string): Environment {
  const ports = new Map<string, number>();
  const port = (name: string): number => {
    if (!ports.has(name)) ports.set(name, 1 + ports.size);
    return ports.get(name)!;
  };
  return {
    account: stacks.find(({ account }) => account)?.account ?? '000000000000',
    region: stacks.find(({ region }) => region)?.region ?? 'us-east-1',
    endpointUrl: `http://127.0.0.1:${port('aws')}`,
    caFile: path.join(stateDir, 'ca.pem'),
    stateDir,
    port,
  };
}

function problemOf(read: () => unknown): string[] {
  try {
    read();
    return [];
  } catch (error) {
    return [(error as Error).message];
  }
}

function honoured(model: AssemblyModel): string[] {
  const run = model.all().filter(({ type }) => !Object.hasOwn(ACCEPTED, type));
  return ['honoured:', ...byType(run).map(([type, resources]) => `  ${String(resources.length).padStart(3)} ${type}`)];
}

function ignored(model: AssemblyModel, skip: readonly string[]): string[] {
  const types = Object.assign({}, ...Object.values(PRODUCT_TYPES));
  const whole = byType(model.all().filter(({ type }) => Object.hasOwn(ACCEPTED, type)));
  const parts = new Map<string, string>();
  for (const resource of model.all()) {
    if (!Object.hasOwn(types, resource.type)) continue;
    for (const [property, reason] of ignoredPaths(model.raw(resource).Properties, types[resource.type])) {
      parts.set(`${resource.type} ${property}`, reason);
    }
  }
  return [
    '',
    'ignored, since it makes no difference here:',
    ...whole.map(([type, resources]) => `  ${String(resources.length).padStart(3)} ${type}: ${ACCEPTED[type]!.reason}`),
    ...[...parts].sort().map(([property, reason]) => `      ${property}: ${reason}`),
    ...skip.map((type) => `      ${type}: left out by --skip; calls that need it fail`),
  ];
}

function refusals(problems: readonly string[]): string[] {
  if (problems.length === 0) return ['', 'refused: nothing; it runs with: npx cachement dev'];
  return ['', `refused, ${problems.length}:`, ...problems.map((problem) => `  ${problem}`)];
}

function byType(resources: readonly Resource[]): [type: string, resources: Resource[]][] {
  const found = new Map<string, Resource[]>();
  for (const resource of resources) found.set(resource.type, [...(found.get(resource.type) ?? []), resource]);
  return [...found].sort(([a], [b]) => (a < b ? -1 : 1));
}
