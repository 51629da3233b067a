import * as assert from 'node:assert/strict';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { build } from 'esbuild';
import { ACKNOWLEDGEMENTS } from '../policies/acknowledgements';
import { resourceOfPlatform } from '../policies/presets';
import { SHORTEST_REASON } from '../policies/review';
import type { Listed } from './list-findings';
import { type Project, root } from './project';

/** Acknowledged findings of the constructs themselves, which every platform has. */
const OF_CONSTRUCTS = new Set(
  ACKNOWLEDGEMENTS.filter(({ presets }) => presets === undefined || presets.includes('platform')).flatMap(
    ({ rules, resources }) => rules.flatMap((rule) => Object.keys(resources).map((resource) => `${rule} @ ${resource}`)),
  ),
);

/** Holds the app of a project to the policy packs, as `npm run check:policies` holds this repository's. */
export async function checksPolicies(project: Project): Promise<void> {
  const listed = await listFindings(project);
  assert.notDeepEqual(listed.platforms, [], 'the app has no CachingPlatform');
  assert.deepEqual(policyProblems(listed), []);
  // The check finds what nobody acknowledges, and an acknowledgement that nothing needs.
  assert.equal(policyProblems({ ...listed, acknowledged: [] }).length >= listed.acknowledged.length, true);
  const needless = { rule: 'AwsSolutions-EC23', construct: listed.platforms[0] as string, reason: 'r'.repeat(SHORTEST_REASON) };
  assert.equal(policyProblems({ ...listed, acknowledged: [...listed.acknowledged, needless] }).length, 1);
}

/**
 * @returns a line for each finding that neither the app nor the constructs acknowledge, and for each acknowledgement that is
 * none.
 */
function policyProblems({ findings, acknowledged, platforms }: Listed): string[] {
  const isBelow = (resource: string, construct: string) => resource === construct || resource.startsWith(`${construct}/`);
  const own = findings.filter(({ rule, resource }) => {
    const platform = platforms.find((name) => isBelow(resource, name));
    return platform === undefined || !OF_CONSTRUCTS.has(keyOfConstructs(rule, resource, platform));
  });
  return [
    ...own
      .filter(({ rule, resource }) => !acknowledged.some((entry) => entry.rule === rule && isBelow(resource, entry.construct)))
      .map(({ rule, resource, description }) => `${rule} @ ${resource}: ${description} Mend it, or acknowledge it in the app`),
    ...acknowledged
      .filter(({ rule, construct }) => !own.some((found) => found.rule === rule && isBelow(found.resource, construct)))
      .map(({ rule, construct }) => `${rule} @ ${construct}: acknowledged, and not found; remove it`),
    ...acknowledged
      .filter(({ reason }) => reason.length < SHORTEST_REASON)
      .map(({ rule, construct }) => `${rule} @ ${construct}: 'reason' must name the control that is there instead`),
  ];
}

/**
 * @returns the finding as it is acknowledged for the sample: of a method, what counts is its kind, and a tier for state is a
 * shared tier.
 */
function keyOfConstructs(rule: string, resource: string, platform: string): string {
  const method = resourceOfPlatform(resource, platform)
    .replace(/^unknown\/State\//, 'shared/Shared/')
    .replace(/(\/Default\/)(?!purges|purged-keys|health|\{path\+\})[^/]+\/.*?([A-Z]+\/Resource)$/, '$1places/{id}/$2')
    .replace(/(\{id\}\/)(PUT|POST|DELETE)\//, '$1PATCH/');
  return `${rule.replace(/<\w*(GatewayApi)[0-9A-F]{8}>/, '<CachingGatewayApi1D247C72>')} @ ${method}`;
}

/** Runs the app where it is, with the packs beside what it has installed: they must meet the same CDK. */
async function listFindings(project: Project): Promise<Listed> {
  fs.cpSync(path.join(root, 'node_modules/cdk-nag'), project.path('node_modules/cdk-nag'), {
    recursive: true,
    dereference: true,
  });
  const { app, context } = JSON.parse(fs.readFileSync(project.path('cdk.json'), 'utf8'));
  await build({
    absWorkingDir: root,
    entryPoints: ['test/package/list-findings.ts'],
    outfile: project.path('.policies/list-findings.cjs'),
    bundle: true,
    packages: 'external',
    platform: 'node',
    tsconfigRaw: {},
  });
  const words = [...app.split(' ').slice(1, -1), '.policies/list-findings.cjs', app.split(' ').at(-1), '.policies/report.json'];
  await project.run(process.execPath, words, {
    CDK_CONTEXT_JSON: JSON.stringify(context),
    CDK_OUTDIR: project.path('.policies/cdk.out'),
  });
  return JSON.parse(fs.readFileSync(project.path('.policies/report.json'), 'utf8'));
}
