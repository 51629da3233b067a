import { Leaderboard } from 'cachement/patterns/leaderboards';
import type { MakeGame } from '../game';
import { monotonic } from '../journal';

const MEMBERS = 300;
const MOST_SCORE = 1_000_000;

/** A board of best scores that four processes submit to. */
export const leaderboards: MakeGame = ({ connection, random, process, note }) => {
  const board = new Leaderboard({ connection, name: 'best', maxScore: MOST_SCORE, period: 'month', waitForReplica: true });
  const sums = new Leaderboard({ connection, name: 'sums', maxScore: 1e9, period: 'month', waitForReplica: true });
  let operation = 0;
  return {
    async turn() {
      const began = monotonic();
      const member = `member-${Math.floor(random.between(0, MEMBERS))}`;
      if (random.chance(0.3)) {
        const { rank } = (await board.rank(member)) ?? {};
        note('ranked', began, { member, rank });
        return;
      }
      if (random.chance(0.5)) {
        const score = Math.floor(random.between(0, MOST_SCORE));
        note('submitting', began, { member, score });
        const { replicated } = await board.submit(member, score);
        note('submitted', began, { member, score, replicated });
        return;
      }
      const id = `${process}-${++operation}`;
      note('adding', began, { member });
      // Again with its id until there is an answer.
      for (let attempt = 0; ; attempt++) {
        try {
          const { replicated } = await sums.increment(member, 1, { operationId: id });
          note('added', began, { member, replicated });
          return;
        } catch (error) {
          if (attempt === 5) throw error;
        }
      }
    },
    async finish() {
      for (let n = 0; n < MEMBERS; n++) {
        const began = monotonic();
        const member = `member-${n}`;
        const [best, sum] = await Promise.all([board.rank(member), sums.rank(member)]);
        note('final', began, { member, rank: best?.rank, score: best?.score, sum: sum?.score ?? 0 });
      }
    },
  };
};
