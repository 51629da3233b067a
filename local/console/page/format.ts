/** Numbers and times as a person reads them. */

/** A duration, such as `0.3 ms`, `12 ms` or `1.4 s`. */
export function duration(ms: number | undefined): string {
  if (ms === undefined) return '–';
  if (ms < 10) return `${ms.toFixed(1)} ms`;
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${(ms / 1000).toFixed(ms < 10_000 ? 1 : 0)} s`;
  return ms < 3_600_000
    ? `${Math.floor(ms / 60_000)} min ${Math.round((ms % 60_000) / 1000)} s`
    : `${(ms / 3_600_000).toFixed(1)} h`;
}

/** Age of a content. */
export const age = (ms: number): string => (ms < 1000 ? '< 1 s' : duration(ms));

/** A rate a second. */
export function rate(perSecond: number): string {
  if (perSecond === 0) return '0/s';
  return `${perSecond < 10 ? perSecond.toFixed(1) : Math.round(perSecond)}/s`;
}

export function percent(share: number | undefined): string {
  if (share === undefined) return '–';
  const isWhole = share === 0 || share === 1 || (share > 0.005 && share < 0.995);
  return `${(share * 100).toFixed(isWhole ? 0 : 1)} %`;
}

/** Time of the day, with seconds. */
export function clock(time: number, fractions = false): string {
  const date = new Date(time);
  const text = date.toTimeString().slice(0, 8);
  return fractions ? `${text}.${String(date.getMilliseconds()).padStart(3, '0')}` : text;
}

export function bytes(count: number): string {
  if (count < 1024) return `${count} B`;
  return count < 1024 ** 2 ? `${(count / 1024).toFixed(1)} KB` : `${(count / 1024 ** 2).toFixed(1)} MB`;
}
