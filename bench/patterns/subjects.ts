import { Leaderboard } from 'cachement/patterns/leaderboards';
import { type Algorithm, RateLimiter } from 'cachement/patterns/rate-limit';
import { Sessions } from 'cachement/patterns/sessions';
import type { RedisConnection } from '../../lambdas/runtime';
import type { Place } from '../../test/support/redis-cluster';
import { seeded } from '../consistency/random';

/** One library in one process. */
export interface Side {
  /** The n-th operation of the mix. */
  operation(n: number): Promise<unknown>;
  /** The n-th of half GET, half SET of its own client. */
  raw(n: number, value: string): Promise<unknown>;
}

/** Pattern beside a library for the same. */
export interface Subject {
  ours(connection: RedisConnection, raw: Side['raw']): Promise<Side>;
  // biome-ignore lint/suspicious/noExplicitAny: the module of the peers, which has no types
  theirs(peers: any, place: Place): Promise<Side>;
}

const LIMITED_KEYS = 10_000;
/** Of three rounds over the keys, two are admitted; then come other keys. */
const LIMIT = 2;
const ROUNDS = 3;
const limitedKey = (n: number) => `${Math.floor(n / (ROUNDS * LIMITED_KEYS))}-${n % LIMITED_KEYS}`;

const limits = (algorithm: Algorithm): Subject => ({
  async ours(connection, raw) {
    const limiter = new RateLimiter({
      connection,
      name: algorithm,
      algorithm,
      limit: LIMIT,
      windowSeconds: 600,
      onUnavailable: 'deny',
    });
    return { operation: (n) => limiter.consume(limitedKey(n)), raw };
  },
  async theirs(peers, place) {
    const { consume, raw } = await peers.rateLimiterFlexible(place, { limit: LIMIT });
    return { operation: (n) => consume(limitedKey(n)), raw };
  },
});

const SESSIONS = 1000;
/** About 2 KB as JSON, of which a change moves a counter. */
const DATA = { counter: 0, cart: Array.from({ length: 40 }, (_, i) => ({ sku: `product-${i}`, quantity: 1, price: 19.99 })) };
/** One operation in 20 is a change. */
const CHANGES = 20;

const sessions = (touchEverySeconds: number): Subject => ({
  async ours(connection, raw) {
    const web = new Sessions<typeof DATA>({ connection, name: `web-${touchEverySeconds}`, touchEverySeconds });
    const tokens: string[] = [];
    for (let i = 0; i < SESSIONS; i++) tokens.push((await web.create(`user-${i}`, DATA)).token);
    const change = (data: typeof DATA) => ({ ...data, counter: data.counter + 1 });
    return {
      async operation(n) {
        const token = tokens[n % SESSIONS] as string;
        const session = n % CHANGES === 0 ? await web.update(token, change) : await web.get(token);
        if (!session) throw new Error(`there is no session ${n % SESSIONS}`);
      },
      raw,
    };
  },
  async theirs(peers, place) {
    const { create, readAndTouch, update, raw } = await peers.connectRedis(place);
    const change = (data: typeof DATA) => ({ ...data, counter: data.counter + 1 });
    for (let i = 0; i < SESSIONS; i++) await create(`session-${i}`, { cookie: {}, ...DATA });
    return {
      operation(n) {
        const id = `session-${n % SESSIONS}`;
        return n % CHANGES === 0 ? update(id, change) : readAndTouch(id);
      },
      raw,
    };
  },
});

const MEMBERS = 100_000;
const MOST_SCORE = 1_000_000;

/** A quarter of the best ten, a quarter of places with neighbours, half of scores that count if they are better. */
async function played(
  board: { submit(member: string, score: number): unknown; top(): unknown; rank(member: string): unknown },
  raw: Side['raw'],
): Promise<Side> {
  const random = seeded(7);
  const member = () => `member-${Math.floor(random.between(0, MEMBERS))}`;
  for (let first = 0; first < MEMBERS; first += 500) {
    const some = Array.from({ length: 500 }, (_, i) =>
      board.submit(`member-${first + i}`, Math.floor(random.between(0, MOST_SCORE))),
    );
    await Promise.all(some);
  }
  return {
    async operation(n) {
      if (n % 4 === 0) await board.top();
      else if (n % 4 === 1) await board.rank(member());
      else await board.submit(member(), Math.floor(random.between(0, MOST_SCORE)));
    },
    raw,
  };
}

const leaderboards: Subject = {
  async ours(connection, raw) {
    const ties = { first: 'first', resolutionSeconds: 60 } as const;
    const board = new Leaderboard({ connection, name: 'weekly', maxScore: MOST_SCORE, period: 'week', ties });
    return played(
      {
        submit: (member, score) => board.submit(member, score),
        top: () => board.top(10),
        rank: (member) => board.rank(member, { around: 2 }),
      },
      raw,
    );
  },
  async theirs(peers, place) {
    const { raw, ...board } = await peers.redisRank(place);
    return played(board, raw);
  },
};

/** Subjects by their figure's name. */
export const SUBJECTS: Readonly<Record<string, Subject>> = {
  rateLimitVsPeer: limits('sliding-window'),
  gcraVsPeer: limits('gcra'),
  fixedVsPeer: limits('fixed-window'),
  sessionVsPeer: sessions(60),
  sessionVsPeerEveryTouch: sessions(0),
  leaderboardVsPeer: leaderboards,
};
