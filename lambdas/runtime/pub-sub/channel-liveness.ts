/**
 * Knows whether messages still arrive: on each channel somebody, whoever comes first, says something at least every `beatMs`, and a channel on
 * which nothing was heard for `deafAfterMs` is one that has lost its way. All times are milliseconds of one clock that never goes back.
 */
export class Hearing {
  readonly #heard: number[];
  /** When this process speaks up, if nobody does before. */
  readonly #beats: number[];
  readonly #open: boolean[];

  constructor(
    channels: number,
    private readonly options: { readonly beatMs: number; readonly deafAfterMs: number; readonly random: () => number },
  ) {
    this.#heard = new Array(channels).fill(Number.NEGATIVE_INFINITY);
    this.#beats = new Array(channels).fill(Number.NEGATIVE_INFINITY);
    this.#open = new Array(channels).fill(false);
  }

  /** Something was heard. */
  heard(channel: number, now: number): void {
    this.#open[channel] = true;
    this.#heard[channel] = now;
    // At random, so that of many processes one speaks up a little before the others.
    this.#beats[channel] = now + this.options.beatMs * (0.5 + this.options.random() / 2);
  }

  /** The channels on which this process is to speak up now. */
  due(now: number): number[] {
    const due = [...this.#beats.keys()].filter((channel) => (this.#beats[channel] as number) <= now);
    for (const channel of due) this.#beats[channel] = now + this.options.beatMs;
    return due;
  }

  /** Whether something was heard on every channel. */
  get open(): boolean {
    return this.#open.every(Boolean);
  }

  /** Whether a channel has been silent for too long. */
  silent(now: number): boolean {
    return this.#heard.some((heard) => heard > Number.NEGATIVE_INFINITY && now - heard > this.options.deafAfterMs);
  }
}
