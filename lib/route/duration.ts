/** Durations in a route declaration are whole seconds; these make them readable. */

/** @returns `n` seconds, in seconds. */
export const seconds = (n: number): number => n;

/** @returns `n` minutes, in seconds. */
export const minutes = (n: number): number => n * 60;

/** @returns `n` hours, in seconds. */
export const hours = (n: number): number => n * 3600;

/** @returns `n` days, in seconds. */
export const days = (n: number): number => n * 86_400;
