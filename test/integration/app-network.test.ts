import * as fs from 'node:fs';
import * as path from 'node:path';
import { functionArn } from '../support/app';
import { type EditableTemplate, startTestPlatform, type TestPlatform } from '../support/platform';

let platform: TestPlatform;

/** Takes away the rules that let a function into what such a text describes. */
function withoutIngress(template: EditableTemplate, functionName: string, description: string): void {
  for (const [id, { Type, Properties }] of Object.entries<EditableTemplate>(template.Resources)) {
    const isOurs = Type === 'AWS::EC2::SecurityGroupIngress' && id.startsWith(`${functionName}SecurityGroup`);
    if (isOurs && Properties.Description === description) delete template.Resources[id];
  }
}

beforeAll(async () => {
  platform = await startTestPlatform({
    edit: (template) => {
      withoutIngress(template, 'FunctionsReader', 'to the shared tier');
      withoutIngress(template, 'FunctionsWriter', 'to the database');
    },
    settings: { lambda: { connectTimeoutMilliseconds: 200 } },
  });
});
afterAll(() => platform?.dispose());

const connections = (name: 'FunctionsReader' | 'FunctionsWriter', kind: string) => {
  const arn = functionArn(platform, name);
  return platform.lambda.connections().filter((each) => each.functionArn === arn && each.target.startsWith(kind));
};
const log = () => fs.readFileSync(path.join(platform.stateDir, 'logs/platform.log'), 'utf8');

test('a read function that the shared tier does not let in answers from the database, and the log names the rule that is missing', async () => {
  const answer = await platform.get('/places/2950159');
  expect(answer.status).toBe(200);
  expect(answer.json()).toMatchObject({ name: 'Berlin' });
  const missing = expect.stringMatching(
    /no security group of redis:\S+ lets TCP 6380 in from the function \(missing: ingress \S+\/FunctionsReaderSecurityGroup\w+ -> \S+\/SharedSecurityGroup\w+\)/,
  );
  // Nothing but blocked connections there, and nothing but open ones to the servers of the database.
  expect(connections('FunctionsReader', 'redis:')).toEqual([expect.objectContaining({ missing })]);
  const databases = connections('FunctionsReader', 'postgres:');
  expect(databases.length).toBeGreaterThan(0);
  expect(databases.filter((each) => each.missing !== undefined)).toEqual([]);
  expect(log()).toMatch(/FunctionsReader\S+ can't connect to redis:\S+: no security group of .+; in AWS the connection hangs/);
});

test('a write function that the database does not let in changes nothing', async () => {
  const answer = await platform.request('/places/2950159', { method: 'PATCH', body: { population: 1 } });
  expect(answer.status).toBeGreaterThanOrEqual(500);
  const blocked = connections('FunctionsWriter', 'postgres:');
  expect(blocked.length).toBeGreaterThan(0);
  expect(blocked.filter((each) => each.missing === undefined)).toEqual([]);
  expect((await platform.get('/places/2950159?again')).json().population).not.toBe(1);
});
