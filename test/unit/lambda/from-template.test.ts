import * as path from 'node:path';
import { lambdaFromTemplate, types } from '../../../local/lambda';
import { functionName } from '../../../local/lambda/resource-types';
import { variables } from '../../../local/lambda/variables';
import type { Resource } from '../../../local/types';
import { plainModel, productContext } from '../../support/product-context';

const context = productContext();
afterAll(() => context.cleanUp());

const ARN = 'arn:aws:lambda:eu-west-1:000000000000:function:Stack-Things';

type Template = Record<string, { type: string; properties: Resource['properties'] }>;

/** A function; each test changes one thing of it. */
function template(change: (parts: Template) => void = () => {}): Template {
  const parts: Template = {
    Things: {
      type: 'AWS::Lambda::Function',
      properties: {
        Code: { S3Bucket: 'assets', S3Key: 'abc.zip' },
        Handler: 'index.handler',
        Runtime: 'nodejs24.x',
        Role: 'role',
      },
    },
  };
  change(parts);
  return parts;
}

const read = (change?: (parts: Template) => void) =>
  lambdaFromTemplate(plainModel(template(change), context.environment, (key) => `/unpacked/${key}`)).functions[0]!;

test('fills in what CloudFormation does', () => {
  expect(read()).toEqual({
    name: 'Stack-Things',
    arn: ARN,
    qualifiers: ['$LATEST'],
    handler: 'index.handler',
    runtime: 'nodejs24.x',
    folder: '/unpacked/abc.zip',
    timeoutSeconds: 3,
    memoryMegabytes: 128,
    reservedConcurrency: undefined,
    variables: {},
    asynchronous: {
      maximumRetryAttempts: 2,
      maximumEventAgeSeconds: 21_600,
      deadLetterArn: undefined,
      onFailure: undefined,
      onSuccess: undefined,
    },
  });
});

test('has a folder of its own for code that the template holds', () => {
  const inline = read(({ Things }) => {
    Things!.properties.Code = { ZipFile: 'exports.handler = async () => 1;' };
  });
  expect(inline).toMatchObject({
    folder: path.join(context.environment.stateDir, 'inline/Stack-Things'),
    inlineCode: 'exports.handler = async () => 1;',
  });
});

test('reads what the template says', () => {
  const options = read(({ Things, ...rest }) => {
    Object.assign(Things!.properties, {
      FunctionName: 'named',
      Timeout: '12',
      MemorySize: 512,
      ReservedConcurrentExecutions: 0,
      Environment: { Variables: { COUNT: 3, NAME: 'x' } },
      DeadLetterConfig: { TargetArn: 'arn:aws:sqs:eu-west-1:000000000000:dead' },
    });
    return rest;
  });
  expect(options).toMatchObject({
    name: 'named',
    timeoutSeconds: 12,
    memoryMegabytes: 512,
    reservedConcurrency: 0,
    variables: { COUNT: '3', NAME: 'x' },
    asynchronous: { deadLetterArn: 'arn:aws:sqs:eu-west-1:000000000000:dead' },
  });
});

test('can be called under its versions and aliases', () => {
  const options = read((parts) => {
    parts.Version = { type: 'AWS::Lambda::Version', properties: { FunctionName: 'Stack-Things' } };
    parts.Alias = { type: 'AWS::Lambda::Alias', properties: { FunctionName: ARN, Name: 'live', FunctionVersion: '1' } };
    parts.Other = { type: 'AWS::Lambda::Alias', properties: { FunctionName: 'other', Name: 'blue', FunctionVersion: '1' } };
  });
  expect(options.qualifiers).toEqual(['$LATEST', '1', 'live']);
});

test('has destinations and retries of its event invoke config', () => {
  const options = read((parts) => {
    parts.Config = {
      type: 'AWS::Lambda::EventInvokeConfig',
      properties: {
        FunctionName: 'Stack-Things',
        Qualifier: '$LATEST',
        MaximumRetryAttempts: 0,
        MaximumEventAgeInSeconds: 60,
        DestinationConfig: { OnFailure: { Destination: 'arn:aws:sqs:eu-west-1:000000000000:failed' } },
      },
    };
  });
  expect(options.asynchronous).toMatchObject({
    maximumRetryAttempts: 0,
    maximumEventAgeSeconds: 60,
    onFailure: 'arn:aws:sqs:eu-west-1:000000000000:failed',
  });
});

test.each<[string, (parts: Template) => void, string]>([
  [
    'another runtime',
    ({ Things }) => Object.assign(Things!.properties, { Runtime: 'python3.13' }),
    "'Runtime' must be a Node.js runtime, got: 'python3.13'",
  ],
  [
    'an image',
    ({ Things }) => Object.assign(Things!.properties, { Code: { ImageUri: 'x' } }),
    "'Code' must have an asset or inline code",
  ],
  [
    'a topic for dead letters',
    ({ Things }) =>
      Object.assign(Things!.properties, { DeadLetterConfig: { TargetArn: 'arn:aws:sns:eu-west-1:000000000000:dead' } }),
    "'DeadLetterConfig.TargetArn' must be a queue",
  ],
  [
    'a bus as destination',
    (parts) => {
      parts.Config = {
        type: 'AWS::Lambda::EventInvokeConfig',
        properties: {
          FunctionName: ARN,
          DestinationConfig: { OnSuccess: { Destination: 'arn:aws:events:eu-west-1:0:event-bus/x' } },
        },
      };
    },
    "'DestinationConfig.onSuccess' must be a queue or a function",
  ],
])('fails with function, property and value on %s', (_, change, message) => {
  expect(() => read(change)).toThrow(`function 'Things' of stack 'Stack': ${message}`);
});

test('a name made of stack and logical id fits into 64 characters', () => {
  const resource = { stack: 's'.repeat(50), logicalId: 'l'.repeat(50), type: '', properties: {}, asset: String };
  expect(functionName(resource)).toHaveLength(64);
});

test.each([
  ['Function', {}, 'Stack-Thing', { Arn: 'arn:aws:lambda:eu-west-1:000000000000:function:Stack-Thing' }],
  ['Version', { FunctionName: 'f' }, 'arn:aws:lambda:eu-west-1:000000000000:function:f:1', { Version: '1' }],
  ['Alias', { FunctionName: 'f', Name: 'live' }, 'arn:aws:lambda:eu-west-1:000000000000:function:f:live', {}],
])('Ref and attributes of %s', (type, properties, ref, attributes) => {
  const known = types[`AWS::Lambda::${type}`]!;
  const resource = { stack: 'Stack', logicalId: 'Thing', type, properties, asset: String };
  expect(known.ref(resource, context.environment)).toBe(ref);
  for (const [name, value] of Object.entries(attributes)) {
    expect(known.attributes![name]!(resource, context.environment)).toBe(value);
  }
});

describe('environment variables', () => {
  const sources = {
    environment: context.environment,
    runtimeApi: '127.0.0.1:9/x',
    credentials: { accessKeyId: 'KEY', secretAccessKey: 'SECRET' },
    logStreamName: 'stream',
    path: '/bin',
  };

  test('of the template never win over those of Lambda', () => {
    const own = variables({ ...read(), variables: { AWS_REGION: 'elsewhere', MINE: '1' } }, sources);
    expect(own).toMatchObject({ AWS_REGION: 'eu-west-1', MINE: '1', AWS_ACCESS_KEY_ID: 'KEY' });
  });

  test('that are URLs of the platform itself name the local server, and others are as they were', () => {
    const hosts = new Map([['a1.execute-api.eu-west-1.amazonaws.com', 'http://127.0.0.1:7/a1']]);
    const given = {
      API: 'https://a1.execute-api.eu-west-1.amazonaws.com/live/',
      BARE: 'https://a1.execute-api.eu-west-1.amazonaws.com',
      LONGER: 'https://a1.execute-api.eu-west-1.amazonaws.com.example.com/',
      OTHER: 'https://example.com/live/',
      TEXT: 'a1.execute-api.eu-west-1.amazonaws.com',
    };
    const own = variables({ ...read(), variables: given }, { ...sources, hosts });
    expect(own).toMatchObject({ ...given, API: 'http://127.0.0.1:7/a1/live/', BARE: 'http://127.0.0.1:7/a1' });
  });

  test('name the local authority only where the template names that of AWS', () => {
    const ca = (value?: string) =>
      variables({ ...read(), variables: value === undefined ? {} : { NODE_EXTRA_CA_CERTS: value } }, sources).NODE_EXTRA_CA_CERTS;
    expect(ca()).toBeUndefined();
    expect(ca('/var/task/own.pem')).toBe('/var/task/own.pem');
    expect(ca('/var/runtime/ca-cert.pem')).toBe(context.environment.caFile);
  });
});
