import type { LedgerReader } from './ledger';
import type { Ledger, RequestRow } from './protocol';
import { StaleCounts } from './stale-answers';
import type { Traffic } from './traffic';
import type { Send } from './watch';

/** Answers that wait to be judged; of more, the last. */
const MOST_WAITING = 5000;

/** The ledger with what the edge of this machine did, and what its viewers got meanwhile. */
export class PurgeWaves {
  readonly #reader: LedgerReader;
  readonly #traffic: Traffic;
  readonly #stale = new StaleCounts();
  /** Takes the answers that are found stale, each once. */
  readonly #onStale: (rows: readonly RequestRow[]) => void;
  #waiting: RequestRow[] = [];
  #sent = '';

  constructor(reader: LedgerReader, traffic: Traffic, onStale: (rows: readonly RequestRow[]) => void) {
    this.#onStale = onStale;
    this.#reader = reader;
    this.#traffic = traffic;
  }

  /** Takes answers, to be judged with the next reading of the ledger. */
  add(rows: readonly RequestRow[]): void {
    const concerned = rows.filter(({ asked, tags, madeAt }) => asked === 'edge' && madeAt !== undefined && tags.length > 0);
    this.#waiting = [...this.#waiting, ...concerned].slice(-MOST_WAITING);
  }

  /** Reads the ledger, and sends it where it has changed. */
  async look(send: Send): Promise<void> {
    const waiting = this.#waiting;
    const read = await this.#reader.read();
    this.#waiting = this.#waiting.slice(waiting.length);
    const stale = read ? this.#stale.judge(waiting, read.purges) : [];
    if (stale.length > 0) {
      send('stale', stale);
      const numbers = new Set(stale.map(({ seq }) => seq));
      this.#onStale(waiting.filter(({ seq }) => numbers.has(seq)));
    }
    const ledger: Ledger | null = read
      ? {
          outbox: read.outbox,
          purges: read.purges.map(({ invalidations, ...purge }) => {
            const effect = this.#traffic.invalidations.find(({ invalidationId }) => invalidations.includes(invalidationId));
            const dropped = effect && { droppedAt: effect.at, dropped: effect.dropped };
            return { ...purge, ...dropped, stale: this.#stale.of(purge.id) };
          }),
        }
      : null;
    const text = JSON.stringify(ledger);
    if (text !== this.#sent) send('ledger', ledger);
    this.#sent = text;
  }

  /** Sends the ledger anew with the next look, to somebody who has just come. */
  forget(): void {
    this.#sent = '';
  }

  async rest(): Promise<void> {
    await this.#reader.close();
  }
}
