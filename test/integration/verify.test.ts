import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { APIGatewayClient } from '@aws-sdk/client-api-gateway';
import { CloudFrontClient } from '@aws-sdk/client-cloudfront';
import { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { SQSClient } from '@aws-sdk/client-sqs';
import { App } from 'aws-cdk-lib';
import { addressesOf } from '../../bin/verify/addresses';
import { formatVerdicts, outcomeOf, runProbes } from '../../bin/verify/probe';
import { ProbeStack } from '../../bin/verify/probe-stack';
import { PROBES } from '../../bin/verify/probes';
import { Target } from '../../bin/verify/target';
import { startTestPlatform, type TestPlatform } from '../support/platform';

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'verify-'));
let platform: TestPlatform;

beforeAll(async () => {
  const app = new App({ outdir: path.join(folder, 'cdk.out'), builtinCloudFormationValidation: false });
  new ProbeStack(app);
  platform = await startTestPlatform({ assembly: app.synth().directory, settings: { lambda: { accountConcurrency: 40 } } });
});
afterAll(async () => {
  await platform?.dispose();
  fs.rmSync(folder, { recursive: true, force: true });
});

test('every probe sees on this machine what is assumed of AWS', async () => {
  const credentials = platform.keys.operator;
  const region = platform.model.environment.region;
  const config = { region, endpoint: platform.urls.endpoint, credentials };
  const target = new Target({
    ...addressesOf(new Map(platform.outputs().map(({ name, value }) => [name, String(value)]))),
    region,
    credentials,
    clients: {
      cloudfront: new CloudFrontClient(config),
      gateway: new APIGatewayClient(config),
      events: new EventBridgeClient(config),
      queues: new SQSClient(config),
    },
  });
  const verdicts = await runProbes(PROBES, target, { atOnce: 12 });
  const others = verdicts.filter((verdict) => outcomeOf(verdict) !== 'as assumed');
  if (others.length > 0) throw new Error(`\n${formatVerdicts(others)}`);
  expect(verdicts).toHaveLength(PROBES.length);
});
