import { randomUUID } from 'node:crypto';
import * as fs from 'node:fs';
import { EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import { places } from '../../examples/places';
import { KEEPER_PUBLISHES, WRITER_PUBLISHES } from '../../lib/contract/events';
import type { CallRecord } from '../../local/aws';
import { awsFromTemplate } from '../../local/aws';
import { readAssembly } from '../deploy/assembly';
import { type Caller, callersOf, callerTexts, declaredCallers } from '../deploy/callers';
import { resourcesOf } from '../deploy/resources';
import { functionArn, PROMPT_EDGE } from '../support/app';
import { allowedFunction, attempts, CallerMatrix, type Reached } from '../support/caller-matrix';
import { NetworkPaths } from '../support/network-paths';
import { type EditableTemplate, editedAssembly, startTestPlatform, type TestPlatform, testAssembly } from '../support/platform';
import { EXCEPTIONS, functionGrants, unusedGrants } from '../support/privilege';
import { signedFetch, signedHeaders } from '../support/signed-request';
import { waitFor } from '../support/wait-for';

const BERLIN = '/places/2950159';

/** Bound of what takes a minute on two processors, for a machine that is a tenth as fast. */
const LIMIT_MS = 600_000;

let platform: TestPlatform;
let calls: CallRecord[];
let table: Caller[];
let assembly: string;

/**
 * Everything that the app does: deployment with migration and sample data; reads through every tier, health, a change, its purge
 * in every tier until CloudFront reports it complete, a purge that the command line submits, and a report of the topology, as
 * after a failover, and a run of the probe.
 */
beforeAll(async () => {
  assembly = editedAssembly(await testAssembly(), signedAsDeployed);
  table = callersOf(resourcesOf(readAssembly(assembly)));
  platform = await startTestPlatform({ assembly, settings: PROMPT_EDGE });
  calls = [...platform.aws.calls()];
  expect((await platform.get(BERLIN)).status).toBe(200);
  expect((await platform.get('/places?country=DE&limit=3')).status).toBe(200);
  expect((await platform.get('/health')).status).toBe(200);
  const report = await platform.functions.get(functionArn(platform, 'TopologyFunction'))!.invoke({});
  expect(report.functionError).toBeUndefined();
  const changed = await signedRequest(BERLIN, 'PATCH', '{"population":3700000}');
  await completed(changed.purgeId);
  // A purge by a tag that one response carries alone, as the command line sends it: that key of the stage cache is refreshed.
  await completed(await submitPurge(['place:2950159']));
  const probed = await platform.functions.get(functionArn(platform, 'ProbeFunction'))!.invoke({});
  expect(probed.functionError).toBeUndefined();
  // What follows from a purge may take a moment longer than the purge. Where something is never used, the tests say what.
  await waitFor('everything to be used', isAllUsed).catch(() => undefined);
  // The log is of the last thousand calls; those that are in both halves do no harm.
  calls.push(...platform.aws.calls());
}, LIMIT_MS);
afterAll(async () => {
  await platform?.dispose();
  if (assembly) fs.rmSync(assembly, { recursive: true });
});

/** The stage of this machine is open; every other one asks for signatures as declared, which a test below compares. */
function signedAsDeployed(template: EditableTemplate): void {
  for (const [id, { Type, Properties }] of Object.entries<EditableTemplate>(template.Resources)) {
    if (Type !== 'AWS::ApiGateway::Method' || Properties.Integration.Type === 'MOCK') continue;
    const isWrite = !['GET', 'HEAD'].includes(Properties.HttpMethod);
    if (isWrite || /purge[\w]*(GET|HEAD)/.test(id)) Properties.AuthorizationType = 'AWS_IAM';
  }
}

/** What the API answers to the person who runs the platform, as JSON. */
async function signedRequest(path: string, method = 'GET', body?: string) {
  const url = `${platform.urls.gateway}${path}`;
  const { region } = platform.model.environment;
  const response = await signedFetch(url, { method, service: 'execute-api', region, credentials: platform.keys.operator, body });
  return (await response.json()) as { readonly purgeId: string; readonly completedAt?: string };
}

function isAllUsed(): boolean {
  const paths = new NetworkPaths(platform.model);
  const used = paths.used(platform.lambda.connections(), [...calls, ...platform.aws.calls()]);
  return unusedGrants(platform.model, platform.aws.used()).length === 0 && paths.idleRules(used).length === 0;
}

const completed = (purgeId: string) =>
  waitFor('the completed purge', async () => (await signedRequest(`/purges/${purgeId}`)).completedAt, {
    timeoutMs: 90_000,
  });

/** @returns the id of the purge. */
async function submitPurge(tags: string[]): Promise<string> {
  const { environment } = platform.model;
  const bus = platform.model.ref(platform.model.resources('AWS::Events::EventBus')[0]!);
  const client = new EventBridgeClient({
    region: environment.region,
    endpoint: platform.urls.endpoint,
    credentials: platform.keys.operator,
  });
  const purgeId = randomUUID();
  const Detail = JSON.stringify({ purgeId, tags, mode: 'delete', prompt: false, urgent: false });
  const entry = { EventBusName: bus, Source: 'cachement', DetailType: 'PurgeSubmitted', Detail };
  expect((await client.send(new PutEventsCommand({ Entries: [entry] }))).FailedEntryCount).toBe(0);
  return purgeId;
}

describe('each function is allowed what it uses, and no more', () => {
  test('no call of a function was denied, or found no way', () => {
    expect(calls.filter(({ allowed, functionArn }) => functionArn !== undefined && !allowed)).toEqual([]);
  });

  test('granted actions, less those that were used, less those that AWS uses in its name, are none', () => {
    expect(functionGrants(platform.model).length).toBeGreaterThan(40);
    expect(unusedGrants(platform.model, platform.aws.used())).toEqual([]);
  });

  test('fails on an action, or a resource, that is granted and was not used', () => {
    const { model, aws } = platform;
    const [grant] = functionGrants(model).filter(({ action }) => action === 'events:PutEvents');
    const wider = [
      { ...grant!, action: 'events:PutRule' },
      { ...grant!, action: 'events:*' },
      { ...grant!, resource: `${grant!.resource}-2` },
      { ...grant!, action: 'sqs:ReceiveMessage', resource: 'arn:aws:sqs:us-east-1:000000000000:other' },
      { ...grant!, action: 'kms:Decrypt', resource: '*' },
      { ...grant!, action: 'logs:PutLogEvents', resource: '*' },
    ];
    expect(unusedGrants(model, aws.used(), [grant!, ...wider])).toEqual(wider);
  });

  test.each([
    ['FunctionsWriter', 'OutboxKicked', 'cachement', 0],
    ['FunctionsWriter', 'EdgePurgeCompleted', 'cachement', 'AccessDeniedException'],
    ['FunctionsWriter', 'OutboxKicked', 'shop', 'AccessDeniedException'],
    ['PurgeRelay', 'GatewayPurged', 'cachement', 'AccessDeniedException'],
  ] as const)('%s publishes %s of %s: %s', async (name, DetailType, Source, expected) => {
    const credentials = platform.keys.of(functionArn(platform, name));
    const { region } = platform.model.environment;
    const client = new EventBridgeClient({ region, endpoint: platform.urls.endpoint, credentials, maxAttempts: 1 });
    const EventBusName = platform.model.ref(platform.model.resources('AWS::Events::EventBus')[0]!);
    const sent = client.send(new PutEventsCommand({ Entries: [{ EventBusName, Source, DetailType, Detail: '{}' }] }));
    const outcome = await sent.then(
      ({ FailedEntryCount }) => FailedEntryCount,
      (error: Error) => error.name,
    );
    expect(outcome).toBe(expected);
  });

  test('every exception is needed', () => {
    const grants = functionGrants(platform.model);
    const needless = EXCEPTIONS.flatMap(({ actions }) => actions).filter(
      (action) => !grants.some((each) => each.action === action),
    );
    expect(needless).toEqual([]);
  });
});

/** Events that a function publishes, by the contract. */
function publishedBy(logicalId: string): readonly string[] {
  return logicalId.startsWith('FunctionsWriter') ? WRITER_PUBLISHES : KEEPER_PUBLISHES;
}

const eventKeys = (detailTypes: readonly string[]) => ({ 'events:source': ['cachement'], 'events:detail-type': detailTypes });

describe('each function reaches what it uses, and no more', () => {
  test('there is a path of security groups for each pair of function and target that was used, and no other', () => {
    const paths = new NetworkPaths(platform.model);
    const used = paths.used(platform.lambda.connections(), calls);
    expect(used.length).toBeGreaterThan(10);
    expect(paths.open()).toEqual(paths.texts(used));
    expect(paths.idleRules(used)).toEqual([]);
    // The test would notice a rule that serves a path nobody took.
    expect(paths.idleRules(used.slice(1)).length).toBeGreaterThan(0);
  });

  test('each AWS API that the role of a function in the VPC allows is reached by an endpoint, whose policy lets it through', () => {
    const { policies, network, callers } = awsFromTemplate(platform.model);
    const uses = new Map([...platform.aws.used()].map(([arn, actions]) => [arn, [...actions]]));
    const inVpc = platform.model.resources('AWS::Lambda::Function').filter(({ properties }) => properties.VpcConfig);
    expect(inVpc.length).toBeGreaterThan(5);
    for (const fn of inVpc) {
      const arn = platform.model.attribute(fn, 'Arn');
      const caller = [...callers.values()].find((each) => each.functionArn === arn)!;
      for (const [action, resources] of uses.get(arn)!) {
        const reach = network.reach(arn, action.split(':')[0]!);
        expect(reach).toMatchObject({ reachable: true, endpoint: { policy: expect.anything() } });
        const endpointPolicy = (reach as unknown as { endpoint: { policy: [] } }).endpoint.policy;
        const keys = action === 'events:PutEvents' ? eventKeys(publishedBy(fn.logicalId)) : undefined;
        for (const resource of resources) {
          expect(policies.authorize({ caller, action, resource, endpointPolicy, keys })).toEqual({ allowed: true });
        }
      }
    }
  });
});

describe('each function is reached by those who are declared, and by nobody else', () => {
  const signers = () => ({
    allowed: platform.keys.operator,
    denied: platform.keys.of(functionArn(platform, 'PurgeRelay')),
  });
  const describeAttempt = ({ method, path, way, signature }: Reached) => `${method} ${path} by ${way}, signature: ${signature}`;

  test('the table of the template is the declaration', () => {
    expect(callerTexts(table).sort()).toEqual(declaredCallers(places).sort());
  });

  test(
    'every method on every path by every way, with every signature',
    async () => {
      const declared = [...new Set(table.map(({ path }) => path))];
      const others = ['/', '/places/1/more', '/Places/1', '/places/1/..', '/%70laces', '/purges/1/2'];
      const functions = [...new Set(table.map((each) => each.function.split('/')[1] as string))].sort();
      const matrix = new CallerMatrix(platform, places.routes, functions, signers());
      const wrong: string[] = [];
      const reached = new Map<string, number>();
      for (const attempt of attempts([...declared, ...others])) {
        const got = await matrix.send(attempt);
        const allowed = allowedFunction(table, places.routes, attempt)?.split('/')[1];
        const ran = got.functions.join(', ') || 'nobody';
        if (ran !== (allowed ?? 'nobody')) {
          wrong.push(`${describeAttempt(got)}: reached ${ran} (${got.status}), expected ${allowed ?? 'nobody'}`);
        }
        for (const id of got.functions) reached.set(id, (reached.get(id) ?? 0) + 1);
      }
      expect(wrong).toEqual([]);
      // Each function of the table was reached by someone, or the test could not have failed.
      expect([...reached.keys()].sort()).toEqual(functions);
    },
    LIMIT_MS,
  );

  test("Lambda's own API runs no function for anybody but the person who runs the platform", async () => {
    const { urls, model, keys } = platform;
    const writer = functionArn(platform, 'FunctionsWriter');
    const url = `${urls.endpoint}/2015-03-31/functions/${encodeURIComponent(writer)}/invocations`;
    const { region } = model.environment;
    const count = () => platform.aws.calls().filter(({ operation, allowed }) => operation === 'Invoke' && allowed).length;
    const before = count();
    const request = { service: 'lambda', region, headers: { 'content-type': 'application/json' }, body: '{}' };
    const { host: _, ...altered } = await signedHeaders(`${url}?a=1`, { ...request, credentials: keys.operator });
    // In an isolated subnet there is no way to Lambda's API: the connection ends without an answer.
    const status = (response: Promise<Response>) => response.then(({ status }) => status).catch(() => 'no way');
    const arns = model.resources('AWS::Lambda::Function').map((fn) => model.attribute(fn, 'Arn'));
    const refused = await Promise.all([
      status(fetch(url, { method: 'POST', body: '{}' })),
      status(fetch(url, { method: 'POST', body: '{}', headers: altered })),
      status(signedFetch(url, { ...request, credentials: { ...keys.operator, secretAccessKey: 'wrong' } })),
      ...arns.map((arn) => status(signedFetch(url, { ...request, credentials: keys.of(arn) }))),
    ]);
    expect(new Set(refused)).toEqual(new Set([403, 'no way']));
    expect(refused.slice(0, 3)).toEqual([403, 403, 403]);
    expect(count()).toBe(before);
    expect((await signedFetch(url, { ...request, credentials: keys.operator })).status).toBe(200);
    expect(count()).toBe(before + 1);
  });
});
