/**
 * Parts that can be left out, each with the figures that must show it; if a part can be missing without a violation, then the
 * part is of no use, or this benchmark is.
 *
 * - `compare`: an update is made of what was read before, whatever is there now
 * - `conditional-update`: what is held is sold without looking at what is there
 * - `dedupe`: an event has another id each time that it is sent
 * - `fence`: a feed is filled by a load that began before a post, whatever was posted meanwhile
 * - `server-time`: a limit goes by the clock of its process
 * - `one-script`: a limit is looked at in one step, and taken from in another
 * - `single-send`: operations go through ioredis's cluster, which sends them again when a connection breaks
 */
export const PARTS = {
  'single-send': ['doubledCounts'],
  compare: ['sessionUpdatesLost', 'cartLinesLost'],
  'conditional-update': ['oversold'],
  dedupe: ['doubledCounts'],
  fence: ['feedMissing'],
  'server-time': ['limitExceeded'],
  'one-script': ['limitExceeded'],
} as const satisfies Readonly<Record<string, readonly string[]>>;

/** Name of a part. */
export type Part = keyof typeof PARTS;
