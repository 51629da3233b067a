import * as fs from 'node:fs';
import * as http from 'node:http';
import type { AddressInfo } from 'node:net';
import * as os from 'node:os';
import * as path from 'node:path';
import { localPlatform, platformOf, useLocal } from '../../../cli/find-platform';

const credentials = { accessKeyId: 'a', secretAccessKey: 's' };
let folder: string;
let server: http.Server;
let endpoint: string;
let stacks: Record<string, Record<string, string>>;

beforeEach(async () => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'find-'));
  stacks = {};
  server = http.createServer((request, response) => {
    const name = new URL(request.url!, 'http://h').searchParams.get('StackName');
    const wanted = Object.entries(stacks).filter(([stack]) => name === null || stack === name);
    if (wanted.length === 0) response.statusCode = 400;
    const list = (outputs: Record<string, string>) =>
      Object.entries(outputs)
        .map(([key, value]) => `<member><OutputKey>${key}</OutputKey><OutputValue>${value}</OutputValue></member>`)
        .join('');
    const body = wanted.map(([stack, outputs]) => `<StackName>${stack}</StackName><Outputs>${list(outputs)}</Outputs>`).join('');
    response.end(wanted.length === 0 ? `<Message>Stack with id ${name} does not exist</Message>` : body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterEach(async () => {
  await new Promise((resolve) => server.close(resolve));
  fs.rmSync(folder, { recursive: true });
});

const find = (stack?: string) => platformOf(stack, { region: 'eu-central-1', credentials, endpoint });

test('a platform is found by the ends of the names of outputs, in one stack or over all', async () => {
  stacks = {
    network: {},
    shop: { CachingPurgeBusName: 'bus-1', CachingPurgeApiUrl: 'https://api/prod/', Other: 'x' },
  };
  expect(await find('shop')).toEqual({ bus: 'bus-1', api: 'https://api/prod/' });
  expect(await find()).toEqual({ bus: 'bus-1', api: 'https://api/prod/' });
});

test('what is not found says what to do', async () => {
  stacks = { network: {}, a: { OneBusName: '1' }, b: { TwoBusName: '2' } };
  await expect(find('network')).rejects.toThrow(
    "stack 'network' has no output that ends in 'BusName'; deploy it again with this version, or give --bus and --api",
  );
  await expect(find('none')).rejects.toThrow(/stack 'none': Stack with id none does not exist/);
  await expect(find()).rejects.toThrow(
    'there are several platforms, with the outputs OneBusName, TwoBusName; name one with --bus and --api',
  );
});

test('a platform that runs here is found from any folder of the app, and not after its end', () => {
  const record = { pid: process.pid, endpoint, region: 'r', credentialsFile: '/c' };
  const write = (pid: number) => {
    fs.mkdirSync(path.join(folder, '.cachement/local'), { recursive: true });
    fs.writeFileSync(path.join(folder, '.cachement/local/running.json'), JSON.stringify({ ...record, pid, engines: [] }));
  };
  const below = path.join(folder, 'lib/deep');
  expect(localPlatform(below)).toBeUndefined();
  write(process.pid);
  expect(localPlatform(below)).toEqual({ endpoint, region: 'r', credentialsFile: '/c' });
  // Beyond every system's highest process id.
  write(2 ** 30);
  expect(localPlatform(below)).toBeUndefined();
});

test('keys and profiles of an account do not go along to this machine', () => {
  const environment: NodeJS.ProcessEnv = {
    AWS_PROFILE: 'prod',
    AWS_ACCESS_KEY_ID: 'AKIA',
    AWS_SECRET_ACCESS_KEY: 's',
    PATH: '/',
  };
  useLocal({ endpoint, region: 'r', credentialsFile: '/c' }, environment);
  expect(environment).toEqual({ PATH: '/', AWS_ENDPOINT_URL: endpoint, AWS_REGION: 'r', AWS_SHARED_CREDENTIALS_FILE: '/c' });
});
