import { type Figure, isMissed, describe as promised } from '../../support/figures';
import type { Bar } from '../scenario';

/** Bars of every scenario. */
export const COMMON: readonly Bar[] = [
  { figure: 'keysWithoutTtl', what: 'keys of the caches that never end', atMost: 0 },
  { figure: 'crossSlotErrors', what: 'commands on keys of several slots', atMost: 0 },
  { figure: 'forbiddenCommands', what: 'commands that nobody may send: keys, flushdb, flushall, monitor', atMost: 0 },
];

/** Bar at a size; undefined where there is none. */
export function barAt({ figure, what, atLeast, atMost, small }: Bar, size: 'full' | 'small'): Figure | undefined {
  const bar = size === 'small' && small !== undefined ? small : { atLeast, atMost };
  return bar === 'none' ? undefined : { key: figure, what, ...bar };
}

/** Value of a figure, whose name has dots where it lies within others. */
export function figureOf(figures: Readonly<Record<string, unknown>>, figure: string): unknown {
  let value: unknown = figures;
  for (const name of figure.split('.')) {
    value = typeof value === 'object' && value !== null && Object.hasOwn(value, name) ? Reflect.get(value, name) : undefined;
  }
  return value;
}

/** Figures whose bar is missed; one that there is no value of is, too. */
export function missedBars(bars: readonly Bar[], figures: Readonly<Record<string, unknown>>, size: 'full' | 'small'): string[] {
  return bars.flatMap((bar) => {
    const at = barAt(bar, size);
    return at && isMissed(at, figureOf(figures, bar.figure)) ? [bar.figure] : [];
  });
}

/** Every bar with its value, for a person. */
export function table(bars: readonly Bar[], figures: Readonly<Record<string, unknown>>, size: 'full' | 'small'): string {
  const rows = bars.map((bar) => {
    const at = barAt(bar, size);
    const value = figureOf(figures, bar.figure);
    const state = at === undefined ? '' : isMissed(at, value) ? 'MISSED' : 'ok';
    return [state, bar.figure, text(value), at === undefined ? 'no bar' : promised(at), bar.what];
  });
  const widths = [0, 1, 2, 3].map((column) => Math.max(...rows.map((row) => row[column]!.length)));
  return rows
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

function text(value: unknown): string {
  return typeof value === 'number' ? String(Number(value.toPrecision(4))) : String(value ?? '-');
}
