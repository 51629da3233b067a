import * as fs from 'node:fs';
import { places } from '../../../examples/places';
import { readAssembly, type StackArtifact } from '../../deploy/assembly';
import { callersOf, callerTexts, declaredCallers } from '../../deploy/callers';
import { deploymentProblems } from '../../deploy/deployment';
import { deliveriesOf } from '../../deploy/grants';
import { resourcesOf } from '../../deploy/resources';
import { appOf, type Preset, presets } from '../../policies/presets';
import { MUTATIONS } from './mutations';

function synthesized(name: string): StackArtifact[] {
  const { directory } = appOf(presets(false)[name] as Preset).app.synth();
  const stacks = readAssembly(directory);
  fs.rmSync(directory, { recursive: true });
  return stacks;
}

const platform = synthesized('platform');

describe('a template that deploys', () => {
  test('has no problem before it is changed', () => {
    expect(deploymentProblems(platform)).toEqual([]);
  });

  test('is changed in sixty ways or more, no two alike', () => {
    expect(MUTATIONS.length).toBeGreaterThanOrEqual(60);
    expect(new Set(MUTATIONS.map(({ name }) => name)).size).toBe(MUTATIONS.length);
  });

  test.each(MUTATIONS.map((mutation) => [mutation.rule, mutation.name, mutation] as const))('%s finds %s', (rule, _, {
    change,
  }) => {
    const stacks = structuredClone(platform) as StackArtifact[];
    change(stacks);
    expect(deploymentProblems(stacks).map((problem) => problem.rule)).toContain(rule);
  });

  test('sends alarms, events and requests by services whose way is looked at', () => {
    const kinds = new Set(deliveriesOf(resourcesOf(platform)).map(({ kind }) => kind));
    for (const kind of ['alarm to action', 'rule to target', 'rule to dead letters', 'method to function', 'budget to topic']) {
      expect(kinds).toContain(kind);
    }
  });
});

test.each(['dev', 'prod', 'platform'])('%s: who may call which function, by method and path, is what was declared', (name) => {
  const callers = callersOf(resourcesOf(name === 'platform' ? platform : synthesized(name)));
  expect(callerTexts(callers).sort()).toEqual(declaredCallers(places).sort());
  expect(callers.every(({ way }) => way === 'execute-api')).toBe(true);
});
