import type { InvokeResult } from '../types';

/** Lambda's limit for a synchronous answer, in bytes, as its own error message gives it. */
export const MAX_RESPONSE_BYTES = 6_291_556;

/** Lambda's limit for a synchronous request, in bytes (6 MiB). */
export const MAX_REQUEST_BYTES = 6_291_456;

/** Lambda's limit for an asynchronous request, in bytes (1 MiB since October 2025). */
export const MAX_ASYNC_REQUEST_BYTES = 1_048_576;

const failed = (errorType: string, errorMessage: string): InvokeResult => ({
  payload: JSON.stringify({ errorType, errorMessage }),
  functionError: 'Unhandled',
});

/** The function's own answer. */
export function answered(payload: string): InvokeResult {
  return { payload };
}

/** An error that the runtime reported, as JSON text. */
export function threw(payload: string): InvokeResult {
  return { payload, functionError: 'Unhandled' };
}

/** The function was ended at its timeout. */
export function timedOut(now: number, requestId: string, timeoutSeconds: number): InvokeResult {
  const date = new Date(now).toISOString();
  return failed('Sandbox.Timedout', `${date} ${requestId} Task timed out after ${timeoutSeconds.toFixed(2)} seconds`);
}

/** The process ended by itself, or by a signal, before it answered. */
export function exited(requestId: string, code: number | null, signal: string | null): InvokeResult {
  let reason = 'exited without providing a reason';
  if (signal) reason = `exited with error: signal: ${signal === 'SIGKILL' ? 'killed' : signal.replace(/^SIG/, '').toLowerCase()}`;
  else if (code) reason = `exited with error: exit status ${code}`;
  return failed('Runtime.ExitError', `RequestId: ${requestId} Error: Runtime ${reason}`);
}

/** The answer is larger than Lambda passes on. */
export function tooLarge(): InvokeResult {
  return failed(
    'Function.ResponseSizeTooLarge',
    `Response payload size exceeded maximum allowed payload size (${MAX_RESPONSE_BYTES} bytes).`,
  );
}
