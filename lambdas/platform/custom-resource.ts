import { describeError, log } from './log';

/** Event of CloudFormation for the function behind a custom resource. */
export interface CustomResourceEvent {
  /** Operation of the stack. */
  readonly RequestType: 'Create' | 'Update' | 'Delete';
  /** URL that the answer is sent to; whoever has it can answer, so that it belongs into no log. */
  readonly ResponseURL: string;
  /** ARN of the stack. */
  readonly StackId: string;
  /** Id of the request. */
  readonly RequestId: string;
  /** Name of the resource in the template. */
  readonly LogicalResourceId: string;
  /** Id of the resource. @default - absent in a Create */
  readonly PhysicalResourceId?: string;
  /** Properties of the resource in the template, all of them texts. @default - none */
  readonly ResourceProperties?: Readonly<Record<string, unknown>>;
}

/** Options of a custom resource. */
export interface CustomResourceOptions {
  /** Id that stays the same over all updates, or CloudFormation deletes the resource that the old id stood for. */
  readonly physicalResourceId: string;

  /** Work of Create and Update. Delete does nothing: data outlives a stack. @returns what `Fn::GetAtt` reads. */
  run(event: CustomResourceEvent): Promise<Record<string, string | number>>;

  /**
   * Client for the answer; for tests.
   * @default - global fetch
   */
  readonly fetch?: typeof fetch;
}

/** Time that is left for the answer when the work takes too long, in milliseconds. */
const ANSWER_MS = 3_000;

/** CloudFormation keeps an answer of at most 4096 bytes. */
const MAX_REASON_LENGTH = 1_000;

/**
 * A handler that always answers. A custom resource that doesn't answer holds its stack for an hour, so an error, and a run that
 * is about to be cut off, are answers too.
 */
export function customResource(options: CustomResourceOptions) {
  return async (event: CustomResourceEvent, context?: { getRemainingTimeInMillis(): number }): Promise<void> => {
    let answer: { Status: 'SUCCESS' | 'FAILED'; Reason?: string; Data?: Record<string, string | number> };
    try {
      const data = event.RequestType === 'Delete' ? {} : await inTime(options.run(event), context);
      answer = { Status: 'SUCCESS', Data: data };
    } catch (error) {
      log.error('custom resource failed', { resource: event.LogicalResourceId, error });
      answer = { Status: 'FAILED', Reason: reason(error) };
    }
    await send(options.fetch ?? fetch, event.ResponseURL, {
      ...answer,
      PhysicalResourceId: event.PhysicalResourceId ?? options.physicalResourceId,
      StackId: event.StackId,
      RequestId: event.RequestId,
      LogicalResourceId: event.LogicalResourceId,
    });
  };
}

async function inTime<T>(work: Promise<T>, context?: { getRemainingTimeInMillis(): number }): Promise<T> {
  if (!context) return work;
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new Error('ran out of time; raise the timeout of the function')),
      context.getRemainingTimeInMillis() - ANSWER_MS,
    );
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Message and code of the error and its causes, which is what {@link describeError} lets through. */
function reason(error: unknown): string {
  const { message, code } = describeError(error);
  return `${message}${code ? ` (${code})` : ''}; see the function's log`.slice(0, MAX_REASON_LENGTH);
}

/** The URL is signed for these headers: an empty content type, nothing else. */
async function send(put: typeof fetch, url: string, answer: unknown): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      const response = await put(url, { method: 'PUT', headers: { 'content-type': '' }, body: JSON.stringify(answer) });
      if (response.ok) return;
      throw new Error(`the response URL answered ${response.status}`);
    } catch (error) {
      if (attempt === 3) throw error;
      log.warn('custom resource not answered yet', { error });
    }
  }
}
