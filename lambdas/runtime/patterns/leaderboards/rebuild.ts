import { randomUUID } from 'node:crypto';
import { atomicScript, runScript } from '../../connection/run-script';
import { measured } from '../meter';
import { checkMember } from './members';
import type { KnownScore, LeaderboardOptions, Rebuilt } from './options';
import { Scale } from './scale';

/** Time that a board which is being made is kept without an addition, in milliseconds. */
const MAKING_MS = 600_000;

/** Begins a new board. ARGV: mark of who makes it, a member that the others are before. */
const BEGIN = atomicScript(`redis.call('DEL',KEYS[2])
redis.call('ZADD',KEYS[2],-1,ARGV[1])
redis.call('PEXPIRE',KEYS[2],${MAKING_MS})`);

/** Adds to it. ARGV: mark, 'GT' or 'NX', then numbers and members. Replies 0 where somebody else began another one. */
const ADD = atomicScript(`local c,n=redis.call,KEYS[2]
if not c('ZSCORE',n,ARGV[1]) then return 0 end
c('ZADD',n,ARGV[2],unpack(ARGV,3))
c('PEXPIRE',n,${MAKING_MS})
return 1`);

/**
 * Puts it in the place of the board. ARGV: mark, end of the key, most members. Replies 0 where somebody else began another one.
 */
const PUBLISH = atomicScript(`local c,k,n=redis.call,KEYS[1],KEYS[2]
if c('ZREM',n,ARGV[1])==0 then return 0 end
if ARGV[3]+0>0 then c('ZREMRANGEBYRANK',n,0,-ARGV[3]-1) end
if c('EXISTS',n)==0 then c('DEL',k) return 1 end
c('RENAME',n,k)
c('PEXPIREAT',k,ARGV[2])
return 1`);

/** Members that are sent in one script. */
const BATCH = 500;

/**
 * Makes a board anew, from the database that has the scores. Readers see the old one until all of the new one is there. What is
 * submitted meanwhile is in both; what is added by `increment` meanwhile may be lost.
 *
 * @param options those of the board.
 * @param scores members, their scores, and when they reached them, in epoch milliseconds.
 * @param at time in the period that is meant; without it, now.
 * @throws {CacheError} `E_INVALID_ARGUMENT`; `E_SHARED_UNAVAILABLE`, which leaves the board as it was.
 */
export function rebuildLeaderboard(
  options: LeaderboardOptions,
  scores: AsyncIterable<KnownScore> | Iterable<KnownScore>,
  at?: Date,
): Promise<Rebuilt> {
  const scale = new Scale(options);
  return measured(options.metrics?.meter('leaderboards', options.name), async () => {
    const { connection, keep } = options;
    const span = scale.span(at ? at.getTime() : connection.now());
    const shards = scale.shards(span);
    const [from, step, slots, later, ends, most] = scale.writing(span);
    const number = (score: number, reachedAt: number) => {
      const tick = Math.max(0, Math.min(slots - 1, Math.floor((reachedAt - from) / step)));
      return scale.best(score) * slots + (later ? tick : slots - 1 - tick);
    };
    const mark = ` ${randomUUID()}`;
    const kept = keep === 'last' ? 'NX' : 'GT';
    const batches: (string | number)[][] = shards.map(() => []);
    const send = async (shard: number): Promise<boolean> => {
      const batch = batches[shard]!.splice(0);
      return batch.length === 0 || (await runScript(connection, ADD, shards[shard]!, [mark, kept, ...batch])) === 1;
    };
    await Promise.all(shards.map((keys) => runScript(connection, BEGIN, keys, [mark])));
    let entries = 0;
    for await (const { member, score, at: reachedAt } of scores) {
      const shard = scale.shardOf(checkMember(member));
      entries++;
      const size = batches[shard]!.push(number(score, reachedAt ?? span.to), member);
      if (size >= 2 * BATCH && !(await send(shard))) return { entries, published: false };
    }
    const sent = await Promise.all(shards.map((_, shard) => send(shard)));
    if (sent.includes(false)) return { entries, published: false };
    const published = await Promise.all(shards.map((keys) => runScript<number>(connection, PUBLISH, keys, [mark, ends, most])));
    return { entries, published: !published.includes(0) };
  });
}
