import * as fs from 'node:fs';
import { monotonic } from '../consistency/journal';

export { monotonic };

/** What a process did, or is about to do. */
export interface Note {
  /** Game that it belongs to. */
  readonly game: string;
  readonly kind: string;
  /** When the operation began, and when it was noted, in microseconds of {@link monotonic}. */
  readonly began: number;
  readonly ended: number;
  // biome-ignore lint/suspicious/noExplicitAny: whatever the game and its judge agree on
  readonly data: any;
}

/** Journal of a process, on disk at once, because the process may be killed at any time. */
export class Journal {
  readonly #file: number;

  constructor(file: string) {
    this.#file = fs.openSync(file, 'a');
  }

  note(game: string, kind: string, began: number, data: unknown): void {
    fs.writeSync(this.#file, `${JSON.stringify([game, kind, Math.round(began), Math.round(monotonic()), data])}\n`);
  }
}

/** Notes of one game in a journal; a last one that is cut off is left out. */
export function notesOf(files: readonly string[], game: string): Note[] {
  const notes: Note[] = [];
  const begin = `["${game}",`;
  for (const file of files) {
    if (!fs.existsSync(file)) continue;
    for (const line of fs.readFileSync(file, 'utf8').split('\n').slice(0, -1)) {
      if (!line.startsWith(begin)) continue;
      const [name, kind, began, ended, data] = JSON.parse(line);
      notes.push({ game: name, kind, began, ended, data });
    }
  }
  return notes;
}
