/**
 * Parts that can be left out, each with the figures that must show it; if a part can be missing without a violation, then the
 * part is of no use, or this benchmark is.
 *
 * - `single-send`: operations go through ioredis's cluster, which sends them again when a connection breaks
 */
export const PARTS = { 'single-send': ['doubledCounts'] } as const satisfies Readonly<Record<string, readonly string[]>>;

/** Name of a part. */
export type Part = keyof typeof PARTS;
