import type { Caller } from '../types';

/** One call to the endpoint. */
export interface CallRecord {
  /** Milliseconds since the epoch. */
  readonly time: number;
  /** ARN of the calling function; absent for a person at this machine. */
  readonly functionArn?: string;
  /** Signing name. */
  readonly service: string;
  readonly operation: string;
  /** IAM action; absent where the operation isn't run here or the service wasn't reached. */
  readonly action?: string;
  readonly resources: readonly string[];
  readonly allowed: boolean;
  /** Reason of a refusal. */
  readonly reason?: string;
}

/** Calls that are kept. */
const KEPT = 1000;

/** The last calls, and for each function everything that it ever did: what its role needs to allow, and no more. */
export class CallLog {
  readonly #records: CallRecord[] = [];
  readonly #usage = new Map<string, Map<string, Set<string>>>();

  add(call: Omit<CallRecord, 'functionArn'>, { functionArn }: Caller): void {
    this.#records.push({ ...call, ...(functionArn !== undefined && { functionArn }) });
    if (this.#records.length > KEPT) this.#records.shift();
    if (!call.allowed || functionArn === undefined || call.action === undefined) return;
    const actions = this.#usage.get(functionArn) ?? new Map<string, Set<string>>();
    this.#usage.set(functionArn, actions);
    const resources = actions.get(call.action) ?? new Set<string>();
    actions.set(call.action, resources);
    for (const resource of call.resources) resources.add(resource);
  }

  /** The last calls, oldest first. */
  calls(): readonly CallRecord[] {
    return [...this.#records];
  }

  /** Resources by allowed action by function ARN, since the start. */
  used(): ReadonlyMap<string, ReadonlyMap<string, ReadonlySet<string>>> {
    return this.#usage;
  }
}
