import type { Judge } from '../judge';

/** Places that aren't those of the scores, scores that nobody had or that are worse than one that returned, and wrong sums. */
export const leaderboards: Judge = {
  game: 'leaderboards',
  invariants: ['ranksWrong', 'doubledCounts', 'lostCounts'],
  keys: (namespace) => [`${namespace}:lb:best:{0}`],
  judge({ notes, failovers }) {
    const best = new Map<string, number>();
    const tried = new Map<string, Set<number>>();
    const added = { returned: new Map<string, number>(), tried: new Map<string, number>() };
    const count = (of: Map<string, number>, member: string) => of.set(member, (of.get(member) ?? 0) + 1);
    const final: { member: string; rank?: number; score?: number; sum: number }[] = [];
    for (const { kind, data } of notes) {
      if (kind === 'submitting') tried.set(data.member, (tried.get(data.member) ?? new Set()).add(data.score));
      else if (kind === 'submitted' && (!failovers || data.replicated))
        best.set(data.member, Math.max(best.get(data.member) ?? -1, data.score));
      else if (kind === 'adding') count(added.tried, data.member);
      else if (kind === 'added' && (!failovers || data.replicated)) count(added.returned, data.member);
      else if (kind === 'final') final.push(data);
    }
    const scores = final.flatMap(({ score }) => (score === undefined ? [] : [score])).sort((a, b) => b - a);
    let ranksWrong = 0;
    let doubledCounts = 0;
    let lostCounts = 0;
    for (const { member, rank, score, sum } of final) {
      if (score === undefined) {
        if (best.has(member)) ranksWrong++;
      } else {
        const isWrong = !tried.get(member)?.has(score) || score < (best.get(member) ?? -1);
        // Equal scores may be in any order here.
        const [first, last] = [scores.indexOf(score) + 1, scores.lastIndexOf(score) + 1];
        if (isWrong || rank === undefined || rank < first || rank > last) ranksWrong++;
      }
      if (sum > (added.tried.get(member) ?? 0)) doubledCounts++;
      if (sum < (added.returned.get(member) ?? 0)) lostCounts++;
    }
    return { ranksWrong, doubledCounts, lostCounts: failovers ? 0 : lostCounts, lostReplicated: failovers ? lostCounts : 0 };
  },
};
