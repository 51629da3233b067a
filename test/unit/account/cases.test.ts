import { spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import type { App } from 'aws-cdk-lib';
import { BY_HAND } from '../../../bin/verify/by-hand';
import { PROBES } from '../../../bin/verify/probes';
import { STAGE_PROBES } from '../../../bin/verify/stage-probes';
import { assertionResults } from '../../account/outputs';

const folder = path.resolve(__dirname, '../../account');
const CASES = fs.readdirSync(folder).filter((file) => /^integ\..*\.ts$/.test(file));

/** An integration case: an app, and the points of `verify:aws` that it asserts. */
interface AccountCase {
  readonly app: App;
  readonly points: readonly string[];
}

// biome-ignore lint/suspicious/noExplicitAny: CloudFormation templates have no static shape here
type Template = any;

/** Custom resources of the assertions of a case, from the stacks that the runner deploys after its own. */
function assertionsOf({ app }: AccountCase): Template[] {
  const { stacksRecursively } = app.synth();
  return stacksRecursively
    .flatMap(({ template }) => Object.values<Template>(template.Resources ?? {}))
    .filter(({ Type }) => Type.startsWith('Custom::DeployAssert@'));
}

const cases = new Map<string, AccountCase>();
beforeAll(async () => {
  // Six cases have one of three functions; a test below bundles each once.
  const context = JSON.parse(process.env.CDK_CONTEXT_JSON ?? '{}');
  process.env.CDK_CONTEXT_JSON = JSON.stringify({ ...context, 'aws:cdk:bundling-stacks': [] });
  for (const file of CASES) cases.set(file, await import(path.join(folder, file)));
}, 300_000);
afterAll(() => {
  for (const { app } of cases.values()) fs.rmSync(app.outdir, { recursive: true, force: true });
});

test('there is a case for the platform, a stage, the probes and each main construct', () => {
  expect(CASES.map((file) => file.slice('integ.'.length, -'.ts'.length))).toEqual([
    'edge-distribution',
    'multi-az-database-cluster',
    'platform',
    'probes',
    'replicated-database',
    'serverless-shared-cache',
    'shared-cache',
    'stage',
  ]);
});

test('the functions of the cases can be bundled', () => {
  const functions = fs.readdirSync(path.join(folder, 'functions')).map((name) => path.join(folder, 'functions', name));
  const words = ['--bundle', '--platform=node', '--external:@aws-sdk/*', '--external:pg-native', '--log-level=warning'];
  const out = fs.mkdtempSync(path.join(os.tmpdir(), 'cases-'));
  const { status, stderr } = spawnSync(require.resolve('esbuild/bin/esbuild'), [...words, `--outdir=${out}`, ...functions], {
    cwd: path.resolve(folder, '../..'),
    encoding: 'utf8',
  });
  fs.rmSync(out, { recursive: true });
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
});

describe.each(CASES)('%s', (file) => {
  test('is synthesized without an account, with what integ-runner needs', () => {
    const { app } = cases.get(file)!;
    const { testCases } = JSON.parse(fs.readFileSync(path.join(app.synth().directory, 'integ.json'), 'utf8'));
    const [only, ...others] = Object.values<{ stacks: string[]; assertionStack: string }>(testCases);
    expect(others).toEqual([]);
    const names = app.synth().stacksRecursively.map(({ stackName }) => stackName);
    expect(names).toEqual(expect.arrayContaining(only!.stacks));
    expect(only!.assertionStack).toBeDefined();
    // Of CDK's own validation, such as a circle of dependencies.
    const report = fs.readFileSync(path.join(app.synth().directory, 'validation-report.json'), 'utf8');
    const { pluginReports } = JSON.parse(report) as { pluginReports: { violations: object[] }[] };
    expect(pluginReports.flatMap(({ violations }) => violations)).toEqual([]);
  });

  test('asserts something, and each of its points, which are those of verify:aws', () => {
    const accountCase = cases.get(file)!;
    const assertions = assertionsOf(accountCase);
    for (const { Properties } of assertions) expect(Properties.expected).toContain('$');
    const asked = assertions.flatMap(({ Properties }) => {
      const payload = Properties.parameters?.Payload;
      return payload ? [JSON.parse(JSON.parse(payload)).point as string] : [];
    });
    expect(assertions.length).toBeGreaterThan(0);
    const known = new Set([...PROBES, ...STAGE_PROBES].map(({ id }) => id).concat(BY_HAND.map(({ question }) => question)));
    const questions = new Set([...PROBES, ...STAGE_PROBES].map(({ question }) => question));
    expect(accountCase.points.filter((point) => !known.has(point) && !questions.has(point))).toEqual([]);
    expect(asked.filter((point) => !accountCase.points.includes(point))).toEqual([]);
  });
});

test('outcomes of assertions are read from the outputs of a deployment', () => {
  const difference = '!! Expected 200 but received 403';
  expect(
    assertionResults({
      'cachement-integ-edge': { Url: 'https://d1.cloudfront.net' },
      EdgeAsserts: {
        AssertionResultsHttpApiCall1: '{"status":"success"}',
        AssertionResultsHttpApiCall2: JSON.stringify({ status: 'fail', message: difference }),
      },
    }),
  ).toEqual([
    { name: 'HttpApiCall1', passed: true },
    { name: 'HttpApiCall2', passed: false, message: difference },
  ]);
  expect(() => assertionResults({ 'cachement-integ-edge': { Url: 'https://d1.cloudfront.net' } })).toThrow(
    'nothing was asserted',
  );
});

test('every probe is asserted by a case', () => {
  const asserted = new Set([...cases.values()].flatMap(({ points }) => points));
  expect([...PROBES, ...STAGE_PROBES].map(({ id }) => id).filter((id) => !asserted.has(id))).toEqual([]);
});
