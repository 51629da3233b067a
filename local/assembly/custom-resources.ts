import { randomUUID } from 'node:crypto';
import type { Clock, FunctionTarget, Log, Resource } from '../types';
import { isExecuted } from './custom-types';
import { AssemblyError } from './errors';
import type { AssemblyModel, CustomResourceResult } from './model';
import { dependencies } from './references';

/**
 * Gives out what CloudFormation gives signed URLs of a bucket for: calls back once with what the function puts to
 * `<endpoint>/_custom-resource/<token>`. @returns stops waiting.
 */
export type ExpectResponse = (token: string, listener: (body: string) => void, functionArn: string) => () => void;

export interface CustomResourcesOptions {
  readonly model: AssemblyModel;
  /** Functions by ARN. */
  readonly functions: ReadonlyMap<string, FunctionTarget>;
  readonly expectResponse: ExpectResponse;
  /**
   * Connections and calls of a function that were not let through since a time, in milliseconds since the epoch. The function
   * itself sees nothing but a timeout.
   */
  blocked?(functionArn: string, since: number): readonly string[];
  readonly clock: Clock;
  readonly log: Log;
}

/** CloudFormation's limit on a response (AWS CloudFormation User Guide, "Custom resource response objects"). */
const MAX_RESPONSE_BYTES = 4096;

/**
 * Time for an answer to arrive after the function returned. CloudFormation waits up to an hour, but a function that is frozen
 * won't answer any more.
 */
const ANSWER_GRACE_MS = 2000;

/** The custom resources that have to be made by their functions, so that each comes after everything it depends on. */
export function executionOrder(model: AssemblyModel): Resource[] {
  const ordered = new Set<Resource>();
  const resources = model.all();
  for (const stack of new Set(resources.map((resource) => resource.stack))) {
    const byId = new Map(resources.filter((resource) => resource.stack === stack).map((r) => [r.logicalId, r]));
    const visiting = new Set<Resource>();
    const visit = (resource: Resource | undefined): void => {
      // A circle goes through resources that are made in one go here; CloudFormation is the one to refuse it.
      if (!resource || ordered.has(resource) || visiting.has(resource)) return;
      visiting.add(resource);
      for (const id of dependencies(model.raw(resource))) visit(byId.get(id));
      ordered.add(resource);
    };
    for (const resource of byId.values()) visit(resource);
  }
  return [...ordered].filter((resource) => isExecuted(resource.type));
}

/**
 * Makes every custom resource: invokes its function with a Create event and waits for what it puts to `ResponseURL`. Always
 * Create, since every start makes everything anew; and never Delete, since the data is thrown away.
 * @throws {AssemblyError} with the function's reason where it answers FAILED, fails, or doesn't answer.
 */
export async function makeCustomResources(options: CustomResourcesOptions): Promise<void> {
  for (const resource of executionOrder(options.model)) {
    const startedAt = options.clock.now();
    const result = await make(resource, options).catch((error: unknown) => {
      throw explained(error, resource, startedAt, options);
    });
    options.model.complete(resource, result);
    const seconds = ((options.clock.now() - startedAt) / 1000).toFixed(1);
    options.log('custom resources', `${resource.stack}/${resource.logicalId} made in ${seconds} s`);
  }
}

/** The error of a custom resource, with what the platform knows of the function that the function can't. */
function explained(error: unknown, resource: Resource, startedAt: number, { blocked }: CustomResourcesOptions): unknown {
  const reasons = [...new Set(blocked?.(String(resource.properties.ServiceToken), startedAt) ?? [])];
  if (!(error instanceof AssemblyError) || reasons.length === 0) return error;
  return new AssemblyError(`${error.message}; its function was not let through: ${reasons.join('; ')}`, undefined, {
    cause: error,
  });
}

async function make(resource: Resource, options: CustomResourcesOptions): Promise<CustomResourceResult> {
  const { model, functions, expectResponse } = options;
  const serviceToken = String(resource.properties.ServiceToken);
  const target = functions.get(serviceToken);
  if (!target) throw failure(resource, `no function '${serviceToken}' to invoke`);

  const token = randomUUID();
  let forget: (() => void) | undefined;
  const answer = new Promise<string>((resolve) => {
    forget = expectResponse(token, resolve, target.arn);
  });
  const event = {
    RequestType: 'Create',
    ServiceToken: serviceToken,
    ResponseURL: `${model.environment.endpointUrl}/_custom-resource/${token}`,
    StackId: model.stackId(resource),
    RequestId: randomUUID(),
    LogicalResourceId: resource.logicalId,
    ResourceType: resource.type,
    ResourceProperties: asText(resource.properties),
  };
  try {
    const invocation = target.invoke(event);
    // The answer is there before the invocation ends; whichever fails first decides.
    const failed = invocation.then(({ functionError, payload }) => {
      if (functionError) throw failure(resource, payload);
    });
    failed.catch(() => undefined);
    const body = await Promise.race([answer, failed.then(() => inGrace(answer, resource, options.clock))]);
    // The next function may need this one's concurrency, so wait for its end too; its result no longer matters.
    await invocation.catch(() => undefined);
    return resultOf(body, event, resource);
  } finally {
    forget?.();
  }
}

function inGrace(answer: Promise<string>, resource: Resource, clock: Clock): Promise<string> {
  return new Promise((resolve, reject) => {
    const cancel = clock.schedule(ANSWER_GRACE_MS, () => reject(failure(resource, 'its function returned without answering')));
    answer.then((body) => {
      cancel();
      resolve(body);
    });
  });
}

interface Answer {
  Status?: string;
  Reason?: string;
  PhysicalResourceId?: string;
  StackId?: string;
  RequestId?: string;
  LogicalResourceId?: string;
  Data?: Record<string, unknown>;
}

function resultOf(
  body: string,
  event: { StackId: string; RequestId: string; LogicalResourceId: string },
  resource: Resource,
): CustomResourceResult {
  if (Buffer.byteLength(body) > MAX_RESPONSE_BYTES) {
    throw failure(resource, `its answer is larger than ${MAX_RESPONSE_BYTES} bytes, CloudFormation's limit`);
  }
  let answer: Answer;
  try {
    answer = JSON.parse(body) as Answer;
  } catch {
    throw failure(resource, `its answer is not JSON: ${body.slice(0, 200)}`);
  }
  if (answer.Status === 'FAILED') throw failure(resource, answer.Reason ?? 'it gave no reason');
  if (answer.Status !== 'SUCCESS') throw failure(resource, `its answer has Status '${answer.Status}', not SUCCESS or FAILED`);
  for (const name of ['StackId', 'RequestId', 'LogicalResourceId'] as const) {
    if (answer[name] !== event[name]) throw failure(resource, `its answer has ${name} '${answer[name]}', not '${event[name]}'`);
  }
  if (!answer.PhysicalResourceId) throw failure(resource, 'its answer has no PhysicalResourceId');
  return { physicalResourceId: answer.PhysicalResourceId, data: answer.Data ?? {} };
}

function failure(resource: Resource, reason: string): AssemblyError {
  return new AssemblyError(`custom resource failed: ${reason}`, `${resource.stack}/${resource.logicalId}`);
}

/** CloudFormation hands numbers and booleans over as text. */
function asText(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(asText);
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, asText(item)]));
  }
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : value;
}
