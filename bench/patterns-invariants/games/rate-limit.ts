import { setTimeout as sleep } from 'node:timers/promises';
import { type Algorithm, RateLimiter } from 'cachement/patterns/rate-limit';
import { atomicScript, runScript } from '../../../lambdas/runtime/connection/run-script';
import type { GameContext, MakeGame } from '../game';
import { monotonic } from '../journal';

/** Limit and window of every limiter, as the judge knows them. */
const LIMIT = 20;
const WINDOW_SECONDS = 1;
const KEYS = 4;
const MEMORY_PAUSE_MS = 20;
const ALGORITHMS: readonly Algorithm[] = ['gcra', 'sliding-window', 'sliding-log', 'fixed-window'];

/** A log that goes by the time that it is told. ARGV: time and window in ms, limit, a name. */
const BY_TOLD_TIME = atomicScript(`redis.call('ZREMRANGEBYSCORE', KEYS[1], 0, ARGV[1] - ARGV[2])
if redis.call('ZCARD', KEYS[1]) >= tonumber(ARGV[3]) then return 0 end
redis.call('ZADD', KEYS[1], ARGV[1], ARGV[4])
redis.call('PEXPIRE', KEYS[1], ARGV[2])
return 1`);

/** Limits that four processes share, asked far more often than they allow. */
export const rateLimit: MakeGame = (context) => {
  const { connection, random, note } = context;
  const limiters = new Map(
    ALGORITHMS.map((algorithm) => {
      const numbers = { limit: LIMIT, windowSeconds: WINDOW_SECONDS };
      return [algorithm, new RateLimiter({ connection, name: algorithm, algorithm, ...numbers, onUnavailable: 'deny' })];
    }),
  );
  return {
    async turn() {
      const algorithm = random.pick(ALGORITHMS);
      const key = `key-${Math.floor(random.between(0, KEYS))}`;
      const began = monotonic();
      if (await isAllowed(limiters.get(algorithm)!, key, context)) note('admitted', began, { algorithm, key });
    },
  };
};

let asked = 0;

async function isAllowed(limiter: RateLimiter, key: string, { connection, without, process }: GameContext): Promise<boolean> {
  if (without === 'server-time') {
    const name = `${connection.namespace}:test:${limiter.name}:{${key}}`;
    const args = [Date.now(), WINDOW_SECONDS * 1000, LIMIT, `${process}-${++asked}`];
    return (await runScript(connection, BY_TOLD_TIME, [name], args)) === 1;
  }
  if (without === 'one-script') {
    // Looks first, and takes in another step.
    const { allowed } = await limiter.peek(key);
    return allowed && (await limiter.consume(key, { limit: 1000 })).allowed;
  }
  const { allowed, source } = await limiter.consume(key);
  // What this process remembers asks nobody, and would be most of what is counted.
  if (source === 'memory') await sleep(MEMORY_PAUSE_MS);
  return allowed;
}
