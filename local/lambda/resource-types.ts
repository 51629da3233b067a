import type { Environment, Resource, ResourceTypes } from '../types';

/** Lambda's limit for the length of a function's name. */
const MAX_NAME_LENGTH = 64;

/** The function's name: the template's, or one made of stack and logical id. */
export function functionName(resource: Resource): string {
  return resource.properties.FunctionName ?? `${resource.stack}-${resource.logicalId}`.slice(0, MAX_NAME_LENGTH);
}

/** The function's ARN, without a qualifier. */
export function functionArn(resource: Resource, environment: Environment): string {
  return `arn:aws:lambda:${environment.region}:${environment.account}:function:${functionName(resource)}`;
}

/** `FunctionName` properties take a name, an ARN, or either with a qualifier. */
export function unqualifiedArn(nameOrArn: string, environment: Environment): string {
  const parts = nameOrArn.split(':');
  const name = parts.length > 2 ? parts[6] : parts[0];
  return `arn:aws:lambda:${environment.region}:${environment.account}:function:${name}`;
}

/** Each published version is the code of the template, so there is one. */
export const ONLY_VERSION = '1';

const versionArn = (resource: Resource, environment: Environment): string =>
  `${unqualifiedArn(resource.properties.FunctionName, environment)}:${ONLY_VERSION}`;

const aliasArn = (resource: Resource, environment: Environment): string =>
  `${unqualifiedArn(resource.properties.FunctionName, environment)}:${resource.properties.Name}`;

const ONE_CODE = 'versions and aliases all run the code of the template';

/** The CloudFormation types of this product. */
export const types: ResourceTypes = {
  'AWS::Lambda::Function': {
    honours: [
      'Code.S3Key',
      'Code.ZipFile',
      'DeadLetterConfig.TargetArn',
      'Environment.Variables',
      'FunctionName',
      'Handler',
      'MemorySize',
      'ReservedConcurrentExecutions',
      'Role',
      'Runtime',
      'Timeout',
      // What a function can reach is checked where its calls arrive: at the AWS endpoint.
      'VpcConfig',
    ],
    ignores: {
      Architectures: "the process is this machine's Node",
      'Code.S3Bucket': 'assets are read from the cloud assembly by their key',
      Description: 'text for people',
      EphemeralStorage: "functions share this machine's temporary folder",
      KmsKeyArn: 'environment variables are not stored',
      LoggingConfig: 'lines go to a file per function, in the text format',
      PackageType: 'only zip archives have a key',
      RecursiveLoop: 'loops are not detected',
      RuntimeManagementConfig: "the process is this machine's Node",
      SnapStart: 'environments start from the beginning',
      Tags: 'text for people',
      TracingConfig: 'there is no X-Ray',
    },
    ref: functionName,
    attributes: { Arn: functionArn },
  },
  'AWS::Lambda::Permission': {
    // Read by the products that invoke.
    honours: ['Action', 'FunctionName', 'FunctionUrlAuthType', 'InvokedViaFunctionUrl', 'Principal', 'SourceArn'],
    ignores: { SourceAccount: 'there is one account' },
    ref: (resource) => resource.logicalId,
  },
  'AWS::Lambda::Version': {
    honours: ['FunctionName'],
    ignores: {
      CodeSha256: ONE_CODE,
      Description: 'text for people',
      ProvisionedConcurrencyConfig: 'environments start with the first invocation',
      RuntimePolicy: "the process is this machine's Node",
    },
    ref: versionArn,
    attributes: { FunctionArn: versionArn, Version: () => ONLY_VERSION },
  },
  'AWS::Lambda::Alias': {
    honours: ['FunctionName', 'Name'],
    ignores: {
      Description: 'text for people',
      FunctionVersion: ONE_CODE,
      ProvisionedConcurrencyConfig: 'environments start with the first invocation',
    },
    ref: aliasArn,
    attributes: { AliasArn: aliasArn },
  },
  'AWS::Lambda::EventInvokeConfig': {
    honours: ['DestinationConfig', 'FunctionName', 'MaximumEventAgeInSeconds', 'MaximumRetryAttempts'],
    ignores: { Qualifier: ONE_CODE },
    ref: (resource) => resource.logicalId,
  },
};
