/** A server on this machine that a function may know the port of, such as a database. */
export interface ConnectionTarget {
  /** As people know it; several ports may have one name. */
  readonly name: string;
  /** Of 127.0.0.1. */
  readonly port: number;
  /** Rule or route that is missing for a connection; absent where one is made. */
  readonly missing?: string;
}

/** Connections that a function may make. Calls of AWS's APIs are decided where they arrive. */
export interface ConnectionRules {
  /** Other ports of loopback are what the function itself listens on. */
  readonly targets: readonly ConnectionTarget[];
  /** Addresses that aren't loopback. */
  readonly elsewhere: {
    /** First and last port that are reached there. */
    readonly ports: readonly (readonly [first: number, last: number])[];
    /** Rule or route that is missing for the others. */
    readonly missing: string;
  };
}

/** A connection that a function made, or tried to. */
export interface ConnectionRecord {
  readonly functionArn: string;
  /** Of its {@link ConnectionTarget}, or `host:port`. */
  readonly target: string;
  /** Missing rule or route; absent where the connection was made. */
  readonly missing?: string;
}

/** Connections of functions since the start: one record each, however often it was made. */
export class ConnectionLog {
  readonly #onBlocked: (record: ConnectionRecord) => void;
  readonly #records = new Map<string, ConnectionRecord>();

  /** @param onBlocked called with the first of each function's connections to a target that were not made. */
  constructor(onBlocked: (record: ConnectionRecord) => void) {
    this.#onBlocked = onBlocked;
  }

  /** Takes what one execution environment's guard reported: lines of JSON. */
  add(functionArn: string, lines: string): void {
    for (const line of lines.split('\n').filter(Boolean)) {
      const report = reportOf(line);
      if (!report) continue;
      const { name, missing } = report;
      const record = { functionArn, target: name, ...(missing !== undefined && { missing }) };
      const key = JSON.stringify(record);
      if (this.#records.has(key)) continue;
      this.#records.set(key, record);
      if (missing !== undefined) this.#onBlocked(record);
    }
  }

  all(): ConnectionRecord[] {
    return [...this.#records.values()];
  }
}

/** Report of a guard. The function's own code can write to the guard's descriptor as well: what isn't a report is dropped. */
function reportOf(line: string): { name: string; missing?: string } | undefined {
  try {
    const { name, missing } = JSON.parse(line) ?? {};
    return typeof name === 'string' && ['string', 'undefined'].includes(typeof missing) ? { name, missing } : undefined;
  } catch {
    return undefined;
  }
}
