export { Leaderboard } from './leaderboard';
export type {
  Counted,
  Entry,
  KnownScore,
  LeaderboardOptions,
  Order,
  Page,
  Position,
  Rebuilt,
  Ties,
} from './options';
export type { Period } from './period';
export { rebuildLeaderboard } from './rebuild';
