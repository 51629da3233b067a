import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { Duration } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { PlatformFunction, type PlatformFunctionProps, visibilityTimeoutFor } from '../../../lib/functions/platform-function';
import { newNetwork, newStack } from './support';

const basics = { bundle: 'topology', description: 'Reports', timeout: Duration.seconds(15) };

function functionWith(props: Partial<PlatformFunctionProps> = {}): Template {
  const stack = newStack();
  new PlatformFunction(stack, 'Function', { ...basics, ...props });
  return Template.fromStack(stack);
}

test('runs on the newest Node and Arm, and logs to a group with an end', () => {
  const template = functionWith();
  template.hasResourceProperties('AWS::Lambda::Function', {
    Runtime: 'nodejs24.x',
    Architectures: ['arm64'],
    Handler: 'index.handler',
    Timeout: 15,
    MemorySize: 512,
    ReservedConcurrentExecutions: Match.absent(),
  });
  template.hasResourceProperties('AWS::Logs::LogGroup', { RetentionInDays: 30 });
});

test('reserves its concurrency only when told to', () => {
  functionWith({ concurrency: 7, reserveConcurrency: true }).hasResourceProperties('AWS::Lambda::Function', {
    ReservedConcurrentExecutions: 7,
  });
});

test('in a network, may reach nothing by itself', () => {
  const { stack, network } = newNetwork();
  new PlatformFunction(stack, 'Function', { ...basics, vpc: network.vpc });
  Template.fromStack(stack).hasResourceProperties('AWS::EC2::SecurityGroup', {
    GroupDescription: Match.stringLikeRegexp('Lambda Function'),
    SecurityGroupEgress: [Match.objectLike({ CidrIp: '255.255.255.255/32' })],
  });
});

test.each([0, -1, 1.5])('fails when its concurrency is %d', (concurrency) => {
  expect(() => functionWith({ concurrency })).toThrow(
    `function 'topology': 'concurrency' must be a whole number of at least 1, got: ${concurrency}`,
  );
});

test("has the code of a folder of one's own, by its absolute path", () => {
  const bundle = fs.mkdtempSync(path.join(os.tmpdir(), 'own-'));
  try {
    fs.writeFileSync(path.join(bundle, 'index.js'), 'exports.handler = async () => {};');
    const [role] = Object.values(functionWith({ bundle }).findResources('AWS::IAM::Role'));
    expect(role?.Properties.Description).toBe(`Role of ${path.basename(bundle)}: Reports`);
  } finally {
    fs.rmSync(bundle, { recursive: true });
  }
});

test('fails when there is no such bundle', () => {
  expect(() => functionWith({ bundle: 'nowhere' })).toThrow(/nowhere/);
});

test('a queue waits six times the function, and the window in which a batch is gathered', () => {
  expect(visibilityTimeoutFor(Duration.seconds(10)).toSeconds()).toBe(60);
  expect(visibilityTimeoutFor(Duration.minutes(1), Duration.seconds(1)).toSeconds()).toBe(361);
});

test.each([
  [{ data: '/nothing/here' }, '{"data":"/nothing/here"}'],
  [{ '../data': __dirname }, '{"../data":'],
  [{ data: __filename }, '{"data":'],
])('fails when a folder beside its code is none: %j', (folders, got) => {
  expect(() => functionWith({ folders: folders as Record<string, string> })).toThrow(
    `function 'topology': 'folders' must have names of letters, digits, dots and dashes, and folders that exist, got: ${got}`,
  );
});
