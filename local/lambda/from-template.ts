import * as path from 'node:path';
import type { Model, Resource } from '../types';
import type { AsynchronousOptions, FunctionOptions, LambdaOptions } from './options';
import { functionArn, functionName, ONLY_VERSION, unqualifiedArn } from './resource-types';

/** CloudFormation's defaults for a function. */
const DEFAULT_TIMEOUT_SECONDS = 3;
const DEFAULT_MEMORY_MEGABYTES = 128;

/**
 * Names of environment variables: a letter, then letters, digits and underscores.
 * @see https://docs.aws.amazon.com/lambda/latest/api/API_Environment.html
 */
const VARIABLE_NAME = /^[a-zA-Z][a-zA-Z0-9_]+$/;

/** Lambda's defaults for events that nobody waits for. */
const DEFAULT_RETRY_ATTEMPTS = 2;
const DEFAULT_EVENT_AGE_SECONDS = 6 * 3600;

/**
 * Reads every function of the template.
 * @throws {Error} where a function can't be run here; the message names it and the property.
 */
export function lambdaFromTemplate(model: Model): LambdaOptions {
  return { functions: model.resources('AWS::Lambda::Function').map((resource) => functionOptions(resource, model)) };
}

function functionOptions(resource: Resource, model: Model): FunctionOptions {
  const properties = resource.properties;
  const fail = (property: string, rule: string): never => {
    throw new Error(`function '${resource.logicalId}' of stack '${resource.stack}': '${property}' ${rule}`);
  };
  const runtime: string = properties.Runtime ?? '';
  if (!runtime.startsWith('nodejs')) fail('Runtime', `must be a Node.js runtime, got: '${runtime}'`);
  const { S3Key, ZipFile } = properties.Code ?? {};
  if (!S3Key && !ZipFile) fail('Code', 'must have an asset or inline code: other packages are not run here');

  const invalid = Object.keys(properties.Environment?.Variables ?? {}).find((name) => !VARIABLE_NAME.test(name));
  if (invalid !== undefined) {
    fail(
      'Environment.Variables',
      `must have names of letters, digits and underscores that begin with a letter, got: '${invalid}'`,
    );
  }

  const arn = functionArn(resource, model.environment);
  const ofThis = (other: Resource): boolean => unqualifiedArn(other.properties.FunctionName, model.environment) === arn;
  const asynchronous = asynchronousOptions(resource, model.resources('AWS::Lambda::EventInvokeConfig').find(ofThis));
  for (const [property, destination] of Object.entries({
    onFailure: asynchronous.onFailure,
    onSuccess: asynchronous.onSuccess,
  })) {
    if (destination && !/^arn:aws:(sqs|lambda):/.test(destination)) {
      fail(`DestinationConfig.${property}`, `must be a queue or a function, got: '${destination}'`);
    }
  }
  if (asynchronous.deadLetterArn && !asynchronous.deadLetterArn.startsWith('arn:aws:sqs:')) {
    fail('DeadLetterConfig.TargetArn', `must be a queue, got: '${asynchronous.deadLetterArn}'`);
  }
  return {
    name: functionName(resource),
    arn,
    qualifiers: [
      '$LATEST',
      ...(model.resources('AWS::Lambda::Version').some(ofThis) ? [ONLY_VERSION] : []),
      ...model
        .resources('AWS::Lambda::Alias')
        .filter(ofThis)
        .map((alias) => String(alias.properties.Name)),
    ],
    handler: properties.Handler,
    runtime,
    ...(S3Key
      ? { folder: resource.asset(S3Key) }
      : { folder: path.join(model.environment.stateDir, 'inline', functionName(resource)), inlineCode: String(ZipFile) }),
    timeoutSeconds: Number(properties.Timeout ?? DEFAULT_TIMEOUT_SECONDS),
    memoryMegabytes: Number(properties.MemorySize ?? DEFAULT_MEMORY_MEGABYTES),
    reservedConcurrency:
      properties.ReservedConcurrentExecutions === undefined ? undefined : Number(properties.ReservedConcurrentExecutions),
    variables: Object.fromEntries(
      Object.entries(properties.Environment?.Variables ?? {}).map(([name, value]) => [name, String(value)]),
    ),
    asynchronous,
  };
}

function asynchronousOptions(resource: Resource, config: Resource | undefined): AsynchronousOptions {
  const properties = config?.properties ?? {};
  return {
    maximumRetryAttempts: Number(properties.MaximumRetryAttempts ?? DEFAULT_RETRY_ATTEMPTS),
    maximumEventAgeSeconds: Number(properties.MaximumEventAgeInSeconds ?? DEFAULT_EVENT_AGE_SECONDS),
    deadLetterArn: resource.properties.DeadLetterConfig?.TargetArn,
    onFailure: properties.DestinationConfig?.OnFailure?.Destination,
    onSuccess: properties.DestinationConfig?.OnSuccess?.Destination,
  };
}
