/** Milliseconds by the machine's monotonic clock, which is the same for all processes. */
export function currentMs(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}
