import type { PurgeReport, PurgeSummary } from '../lib/contract/purge-report';

/** One line a purge. */
export function formatList(purges: readonly PurgeSummary[]): string {
  if (purges.length === 0) return 'no purges';
  return purges
    .map(({ purgeId, tags, paths, committedAt, completedAt, leftToTtl }) => {
      const state = completedAt ? `complete ${completedAt}` : 'on its way';
      return `${committedAt}  ${purgeId}  ${[...tags, ...paths].join(',')}  ${state}${leftToTtl ? ', left to its TTL' : ''}`;
    })
    .join('\n');
}

/** A purge and its steps, with the time that each took since the commit. */
export function formatReport(report: PurgeReport): string {
  const since = (at: string): string => `+${Date.parse(at) - Date.parse(report.committedAt)} ms`;
  return [
    `${report.purgeId}  ${report.mode}  ${report.tags.join(',')}`,
    `${report.committedAt}  committed`,
    ...report.steps.flatMap(({ step, acceptedAt, at }) => [
      ...(acceptedAt ? [`${acceptedAt}  ${step} accepted  ${since(acceptedAt)}`] : []),
      ...(at ? [`${at}  ${step}  ${since(at)}`] : []),
    ]),
    report.completedAt ? `${report.completedAt}  complete  ${since(report.completedAt)}` : 'on its way',
  ].join('\n');
}
