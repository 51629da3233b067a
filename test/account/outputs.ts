/** Outcome of one assertion. */
export interface AssertionResult {
  /** Logical id of the call, such as `HttpApiCallGET...`. */
  readonly name: string;
  readonly passed: boolean;
  /** Difference between what was expected and what was seen. */
  readonly message?: string;
}

const PREFIX = 'AssertionResults';

/**
 * Reads the outcomes of a case from the outputs of its stacks, as `cdk deploy --outputs-file` writes them.
 *
 * @throws {Error} where there are none: nothing has been asserted.
 */
export function assertionResults(outputs: Readonly<Record<string, Readonly<Record<string, string>>>>): AssertionResult[] {
  const results = Object.values(outputs)
    .flatMap((stack) => Object.entries(stack))
    .filter(([name]) => name.startsWith(PREFIX))
    .map(([name, value]) => {
      const { status, message } = JSON.parse(value) as { status?: string; message?: string };
      return { name: name.slice(PREFIX.length), passed: status === 'success', ...(message && { message }) };
    });
  if (results.length === 0) throw new Error('the stacks have no results of assertions in their outputs; nothing was asserted');
  return results;
}
