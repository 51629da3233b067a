import * as fs from 'node:fs';
import * as http from 'node:http';
import type { AddressInfo } from 'node:net';
import * as os from 'node:os';
import * as path from 'node:path';
import { startOf } from '../../local/host/process-tree';
import type { FunctionTarget } from '../../local/types';
import { type EditableTemplate, recordedProcesses, startTestPlatform, type TestPlatform } from '../support/platform';
import { synthesizeSmallApp } from '../support/small-app';
import { waitFor } from '../support/wait-for';

/** Waits for what doesn't happen end after this. Everything that does happen here takes a fraction of it. */
const QUIET_MS = 1500;

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'small-app-'));
const batches: string[][] = [];
let recorder: http.Server;
let assembly: string;
let platform: TestPlatform | undefined;

beforeAll(async () => {
  recorder = http.createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    batches.push(JSON.parse(Buffer.concat(chunks).toString()));
    response.end();
  });
  await new Promise<void>((resolve) => recorder.listen(0, '127.0.0.1', resolve));
  assembly = synthesizeSmallApp(folder, `http://127.0.0.1:${(recorder.address() as AddressInfo).port}`);
});

afterEach(async () => {
  await platform?.dispose();
  platform = undefined;
  batches.length = 0;
});

afterAll(async () => {
  recorder.closeAllConnections();
  await new Promise((resolve) => recorder.close(resolve));
  fs.rmSync(folder, { recursive: true, force: true });
});

async function start(edit?: (template: EditableTemplate) => void): Promise<TestPlatform> {
  platform = await startTestPlatform({ assembly, edit, settings: { endpoint: { hangMilliseconds: 50 } } });
  return platform;
}

/** The only resource of a type whose logical id starts so. */
function resource(template: EditableTemplate, type: string, prefix = ''): { id: string; properties: EditableTemplate } {
  const found = Object.entries<EditableTemplate>(template.Resources).filter(
    ([id, { Type }]) => Type === type && id.startsWith(prefix),
  );
  expect(found).toHaveLength(1);
  return { id: found[0]![0], properties: found[0]![1].Properties };
}

/** Gives subnets a route to a NAT gateway, by the place of their route table. */
function addNatRoutes(template: EditableTemplate, chosen: (index: number) => boolean): void {
  const tables = Object.keys(template.Resources).filter((id) => template.Resources[id].Type === 'AWS::EC2::RouteTable');
  expect(tables.length).toBeGreaterThan(1);
  for (const [index, table] of tables.entries()) {
    if (!chosen(index)) continue;
    template.Resources[`Route${index}`] = {
      Type: 'AWS::EC2::Route',
      Properties: { RouteTableId: { Ref: table }, DestinationCidrBlock: '0.0.0.0/0', NatGatewayId: 'nat-0' },
    };
  }
}

async function publish(...types: string[]): Promise<unknown> {
  const publisher = platform!.model
    .resources('AWS::Lambda::Function')
    .find(({ logicalId }) => logicalId.startsWith('Publisher'))!;
  const target: FunctionTarget = platform!.functions.get(platform!.model.attribute(publisher, 'Arn'))!;
  const { payload, functionError } = await target.invoke({ types });
  return functionError ? { functionError: payload } : JSON.parse(payload);
}

const received = (count: number) => waitFor(`${count} events`, () => batches.flat().length >= count && batches.flat());

/** What arrives until nothing has for a while. */
async function settled(): Promise<string[][]> {
  let since = Date.now();
  let count = -1;
  await waitFor('quiet', () => {
    if (batches.length !== count) {
      count = batches.length;
      since = Date.now();
    }
    return Date.now() - since > QUIET_MS;
  });
  return batches;
}

describe('the template decides what happens locally', () => {
  test('unchanged, events arrive in one batch and the edge answers again from its cache, by page', async () => {
    const { get } = await start();
    expect(await publish('Wanted', 'Other', 'Wanted', 'Wanted')).toEqual({ failed: 0 });
    expect(await received(3)).toEqual(['Wanted', 'Wanted', 'Wanted']);
    expect(batches).toHaveLength(1);

    const answers = [await get('/?page=1'), await get('/?page=1'), await get('/?page=2')];
    expect(answers.map(({ headers }) => headers['x-cache'])).toEqual([
      'Miss from cloudfront',
      'Hit from cloudfront',
      'Miss from cloudfront',
    ]);
    expect(answers.map(({ body }) => body)).toEqual(['1', '1', '2']);
  });

  test('a TTL of 0 keeps nothing at the edge', async () => {
    const { get } = await start((template) => {
      const config = resource(template, 'AWS::CloudFront::CachePolicy').properties.CachePolicyConfig;
      Object.assign(config, { MinTTL: 0, DefaultTTL: 0, MaxTTL: 0 });
      config.ParametersInCacheKeyAndForwardedToOrigin.EnableAcceptEncodingGzip = false;
    });
    expect([(await get('/?page=1')).body, (await get('/?page=1')).body]).toEqual(['1', '2']);
  });

  test('a query string that left the cache key makes two pages one', async () => {
    const { get } = await start((template) => {
      const config = resource(template, 'AWS::CloudFront::CachePolicy').properties.CachePolicyConfig;
      config.ParametersInCacheKeyAndForwardedToOrigin.QueryStringsConfig = { QueryStringBehavior: 'none' };
    });
    expect([(await get('/?page=1')).body, (await get('/?page=2')).body]).toEqual(['1', '1']);
  });

  test('a rule with another pattern sends other events', async () => {
    await start((template) => {
      resource(template, 'AWS::Events::Rule').properties.EventPattern['detail-type'] = [{ prefix: 'Oth' }];
    });
    await publish('Wanted', 'Other');
    expect(await received(1)).toEqual(['Other']);
  });

  test('a batch size of 1 hands over one event at a time', async () => {
    await start((template) => {
      resource(template, 'AWS::Lambda::EventSourceMapping').properties.BatchSize = 1;
    });
    await publish('Wanted', 'Wanted', 'Wanted');
    await received(3);
    expect(batches).toEqual([['Wanted'], ['Wanted'], ['Wanted']]);
  });

  test('without its grant, the function is denied', async () => {
    await start((template) => {
      const { id } = resource(template, 'AWS::IAM::Policy', 'Publisher');
      delete template.Resources[id];
      for (const other of Object.values<EditableTemplate>(template.Resources)) {
        if (other.DependsOn) other.DependsOn = [other.DependsOn].flat().filter((dependency: string) => dependency !== id);
      }
    });
    expect(await publish('Wanted')).toEqual({ error: 'AccessDeniedException' });
    expect(await settled()).toEqual([]);
  });

  test('without its VPC endpoint, the function reaches nothing', async () => {
    await start((template) => {
      delete template.Resources[resource(template, 'AWS::EC2::VPCEndpoint').id];
    });
    const answer = (await publish('Wanted')) as { error?: string; functionError?: string };
    expect(answer.error ?? answer.functionError).toMatch(/TimeoutError|ECONNRESET|Error|timed out/);
    expect(await settled()).toEqual([]);
  });

  test('without its VPC endpoint, but behind a NAT gateway, the function reaches everything', async () => {
    await start((template) => {
      delete template.Resources[resource(template, 'AWS::EC2::VPCEndpoint').id];
      addNatRoutes(template, () => true);
    });
    expect(await publish('Wanted')).toEqual({ failed: 0 });
    expect(await received(1)).toEqual(['Wanted']);
  });

  test('with one of its subnets without that route, the function reaches nothing', async () => {
    await start((template) => {
      delete template.Resources[resource(template, 'AWS::EC2::VPCEndpoint').id];
      addNatRoutes(template, (index) => index > 0);
    });
    const answer = (await publish('Wanted')) as { error?: string; functionError?: string };
    expect(answer.error ?? answer.functionError).toMatch(/TimeoutError|ECONNRESET|Error|timed out/);
    expect(await settled()).toEqual([]);
  });

  test('without the queue policy, the rule delivers nothing', async () => {
    await start((template) => {
      delete template.Resources[resource(template, 'AWS::SQS::QueuePolicy').id];
    });
    expect(await publish('Wanted')).toEqual({ failed: 0 });
    expect(await settled()).toEqual([]);
  });
});

describe('what is not run stops the start', () => {
  test('with the names of everything, and leaves nothing behind', async () => {
    const stateDir = path.join(folder, 'state');
    const started = startTestPlatform({
      assembly,
      stateDir,
      edit: (template) => {
        template.Resources.Machine = { Type: 'AWS::EC2::Instance', Properties: {} };
        resource(template, 'AWS::SQS::Queue').properties.ContentBasedDeduplication = true;
        resource(template, 'AWS::SQS::Queue').properties.Colour = 'red';
      },
    });
    await expect(started).rejects.toThrow(/Small\/Machine \(AWS::EC2::Instance\): unknown resource type/);
    await expect(started).rejects.toThrow(/Small\/Queue\w+ \(AWS::SQS::Queue\): unknown property Colour/);
    // Nobody has the state directory any more.
    platform = await startTestPlatform({ assembly, stateDir });
  });
});

describe('the end', () => {
  test('leaves no process behind, and no file that says otherwise', async () => {
    const { get, stateDir, lambda } = await start();
    await Promise.all(Array.from({ length: 4 }, (_, page) => get(`/?page=${page}`)));
    const records = recordedProcesses(stateDir);
    expect(records.length).toBeGreaterThan(0);
    expect(records.length).toBe(lambda.environments().length);
    await platform!.dispose();
    expect(records.map(({ pid }) => startOf(pid))).toEqual(records.map(() => undefined));
  });
});

describe('two platforms', () => {
  test('run at once with a state directory each', async () => {
    const { get } = await start();
    const other = await startTestPlatform({ assembly });
    try {
      await get('/?page=1');
      expect((await other.get('/?page=1')).headers['x-cache']).toBe('Miss from cloudfront');
    } finally {
      await other.dispose();
    }
  });

  test('fail to share a state directory, and the first one runs on', async () => {
    const { stateDir, get } = await start();
    await expect(startTestPlatform({ assembly, stateDir })).rejects.toThrow(/a platform runs already with state directory/);
    expect((await get('/')).status).toBe(200);
  });

  test('fail to share a port, with a sentence that names it', async () => {
    const { urls, get } = await start();
    const port = Number(new URL(urls.edge!).port);
    await expect(startTestPlatform({ assembly, port })).rejects.toThrow(
      `port ${port} is in use; end whatever listens there, or choose another port with --port`,
    );
    expect((await get('/')).status).toBe(200);
  });
});
