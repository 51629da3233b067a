/** Handler of a failed command, which the reader doesn't see. */
type OnFailure = (error: Error, command: GetCommand) => void;

/**
 * `GET` as ioredis sends it, without what a command of any kind needs: converting arguments, prefixes, timers, traces and a
 * promise for each of its layers. They cost as much as the rest of a hit in the shared tier. It implements the members of
 * `Command` that ioredis's `sendCommand` uses.
 */
export class GetCommand {
  readonly name = 'get';
  readonly args: readonly string[];
  /** True, or ioredis would trace it. */
  readonly isTraced = true;
  readonly promise: Promise<string | null>;
  isResolved = false;
  end = 0;
  isSettled = false;
  settle!: (value: string | null | Promise<string | null>) => void;
  fail!: (error: Error) => void;

  readonly #onFailure: OnFailure;

  constructor(
    readonly key: string,
    onFailure: OnFailure,
  ) {
    this.#onFailure = onFailure;
    this.args = [key];
    this.promise = new Promise((resolve, reject) => {
      this.settle = resolve;
      this.fail = reject;
    });
  }

  setReplyContext(): void {}

  toWritable(): string {
    const { key } = this;
    return `*2\r\n$3\r\nGET\r\n$${Buffer.byteLength(key)}\r\n${key}\r\n`;
  }

  resolve(reply: Buffer | null): void {
    this.isResolved = this.isSettled = true;
    this.settle(reply === null ? null : reply.toString());
  }

  reject(error: Error): void {
    if (this.isSettled) return;
    this.isResolved = this.isSettled = true;
    this.#onFailure(error, this);
  }
}
