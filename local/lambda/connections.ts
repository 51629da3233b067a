/** A server on this machine that a function may know the port of, such as a database. */
export interface ConnectionTarget {
  /** As people know it; several ports may have one name. */
  readonly name: string;
  /** Of 127.0.0.1. */
  readonly port: number;
  /** What would have to be there for a connection; absent where one is made. */
  readonly missing?: string;
}

/** What a function may connect to. Calls of AWS's APIs are decided where they arrive. */
export interface ConnectionRules {
  /** Other ports of loopback are what the function itself listens on. */
  readonly targets: readonly ConnectionTarget[];
  /** Addresses that aren't loopback. */
  readonly elsewhere: {
    /** First and last port that are reached there. */
    readonly ports: readonly (readonly [first: number, last: number])[];
    /** What would have to be there for the others. */
    readonly missing: string;
  };
}

/** A connection that a function made, or tried to. */
export interface ConnectionRecord {
  readonly functionArn: string;
  /** Of its {@link ConnectionTarget}, or `host:port`. */
  readonly target: string;
  /** What was missing; absent where it was made. */
  readonly missing?: string;
}

/** What functions connected to since the start: once each, however often it was. */
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
      const { name, missing } = JSON.parse(line) as { name: string; missing?: string };
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
