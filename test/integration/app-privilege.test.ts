import { randomUUID } from 'node:crypto';
import { EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import type { CallRecord } from '../../local/aws';
import { awsFromTemplate } from '../../local/aws';
import { functionArn } from '../support/app';
import { NetworkPaths } from '../support/network-paths';
import { type EditableTemplate, startTestPlatform, type TestPlatform } from '../support/platform';
import { EXCEPTIONS, functionGrants, unusedGrants } from '../support/privilege';
import { waitFor } from '../support/wait-for';

const BERLIN = '/places/2950159';

let platform: TestPlatform;
let calls: CallRecord[];

/**
 * Everything that the app does: deployment with migration and sample data; reads through every tier, health, a change, its purge
 * in every tier until CloudFront reports it complete, a purge that the command line submits, and a report of the topology, as
 * after a failover, and a run of the probe.
 */
beforeAll(async () => {
  platform = await startTestPlatform({ edit: signedAsDeployed });
  calls = [...platform.aws.calls()];
  expect((await platform.get(BERLIN)).status).toBe(200);
  expect((await platform.get('/places?country=DE&limit=3')).status).toBe(200);
  expect((await platform.get('/health')).status).toBe(200);
  const report = await platform.functions.get(functionArn(platform, 'TopologyFunction'))!.invoke({});
  expect(report.functionError).toBeUndefined();
  const changed = await platform.request(BERLIN, { method: 'PATCH', body: { population: 3_700_000 } });
  await completed(changed.json().purgeId);
  // A purge by a tag that one response carries alone, as the command line sends it: that key of the stage cache is refreshed.
  await completed(await submitPurge(['place:2950159']));
  const probed = await platform.functions.get(functionArn(platform, 'ProbeFunction'))!.invoke({});
  expect(probed.functionError).toBeUndefined();
  // What follows from a purge may take a moment longer than the purge. Where something is never used, the tests say what.
  await waitFor('everything to be used', isAllUsed).catch(() => undefined);
  // The log is of the last thousand calls; those that are in both halves do no harm.
  calls.push(...platform.aws.calls());
});
afterAll(() => platform?.dispose());

/** The stage of this machine is open; the probe signs all the same, and every other stage asks for it. */
function signedAsDeployed(template: EditableTemplate): void {
  for (const [id, { Type, Properties }] of Object.entries<EditableTemplate>(template.Resources)) {
    if (Type === 'AWS::ApiGateway::Method' && id.includes('purgedkeysGET')) Properties.AuthorizationType = 'AWS_IAM';
  }
}

function isAllUsed(): boolean {
  const paths = new NetworkPaths(platform.model);
  const used = paths.used(platform.lambda.connections(), [...calls, ...platform.aws.calls()]);
  return unusedGrants(platform.model, platform.aws.used()).length === 0 && paths.idleRules(used).length === 0;
}

const completed = (purgeId: string) =>
  waitFor('the completed purge', async () => (await platform.get(`/purges/${purgeId}`)).json().completedAt, {
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

  test('every exception is needed', () => {
    const grants = functionGrants(platform.model);
    const needless = EXCEPTIONS.flatMap(({ actions }) => actions).filter(
      (action) => !grants.some((each) => each.action === action),
    );
    expect(needless).toEqual([]);
  });
});

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
        for (const resource of resources) {
          expect(policies.authorize({ caller, action, resource, endpointPolicy })).toEqual({ allowed: true });
        }
      }
    }
  });
});
