/** Options of a ChannelLiveness, in milliseconds. */
export interface LivenessOptions {
  /** Longest time between two heartbeats on a channel. */
  readonly heartbeatMs: number;
  /** Silence of a channel after which it is treated as disconnected. */
  readonly timeoutMs: number;
  readonly random: () => number;
}

/**
 * Liveness of channels: on each channel some process, whichever comes first, sends a heartbeat at least every `heartbeatMs`, and
 * a channel without messages for `timeoutMs` is disconnected. All times are milliseconds of one clock that never goes back.
 */
export class ChannelLiveness {
  readonly #receivedAt: number[];
  /** Times at which this process sends a heartbeat, if no other does before. */
  readonly #heartbeatAt: number[];
  readonly #connected: boolean[];
  readonly #options: LivenessOptions;

  constructor(channels: number, options: LivenessOptions) {
    this.#options = options;
    this.#receivedAt = new Array(channels).fill(Number.NEGATIVE_INFINITY);
    this.#heartbeatAt = new Array(channels).fill(Number.NEGATIVE_INFINITY);
    this.#connected = new Array(channels).fill(false);
  }

  /** Notes a message on a channel. */
  received(channel: number, now: number): void {
    this.#connected[channel] = true;
    this.#receivedAt[channel] = now;
    // At random, so that of many processes one sends its heartbeat a little before the others.
    this.#heartbeatAt[channel] = now + this.#options.heartbeatMs * (0.5 + this.#options.random() / 2);
  }

  /** Channels on which this process sends a heartbeat now. */
  dueHeartbeats(now: number): number[] {
    const due = [...this.#heartbeatAt.keys()].filter((channel) => (this.#heartbeatAt[channel] as number) <= now);
    for (const channel of due) this.#heartbeatAt[channel] = now + this.#options.heartbeatMs;
    return due;
  }

  /** True once every channel has had a message. */
  get connected(): boolean {
    return this.#connected.every(Boolean);
  }

  /** True where a channel has been silent for too long. */
  timedOut(now: number): boolean {
    return this.#receivedAt.some((at) => at > Number.NEGATIVE_INFINITY && now - at > this.#options.timeoutMs);
  }
}
