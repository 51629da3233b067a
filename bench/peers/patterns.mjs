import { RedisStore as SessionStore } from 'connect-redis';
import { Cluster } from 'ioredis';
import { RateLimiterRedis } from 'rate-limiter-flexible';
import { createCluster } from 'redis';
import { Leaderboard } from 'redis-rank';

/**
 * Libraries for what the patterns do, as a user would set them up on a cluster, and beside each half GET, half SET of its own
 * client with that one's defaults. Each is a function of the cluster's place that gives `operation`, `raw` and `ready`.
 */

const DAY = 86_400;

const ioredis = ({ host, port }) => new Cluster([{ host, port }]);

function rawOf(get, set) {
  return (n, value) => (n % 2 === 0 ? get(`raw:${n % 1000}`) : set(`raw:${n % 1000}`, value));
}

/** Fixed windows, which is what it has. @param limit requests of a key. */
export async function rateLimiterFlexible(place, { limit }) {
  const client = ioredis(place);
  const limiter = new RateLimiterRedis({ storeClient: client, points: limit, duration: 600, keyPrefix: 'rlf' });
  return {
    // It rejects with a result where a request is denied, and with an error where it has none.
    consume: (key) =>
      limiter.consume(key).then(
        () => true,
        (result) => {
          if (result instanceof Error) throw result;
          return false;
        },
      ),
    raw: rawOf(
      (key) => client.get(key),
      (key, value) => client.set(key, value),
    ),
  };
}

/** Sessions of Express: get and touch, or a change of all of it. */
export async function connectRedis({ host, port }) {
  const client = createCluster({ rootNodes: [{ url: `redis://${host}:${port}` }] });
  await client.connect();
  const store = new SessionStore({ client, prefix: 'sess:', ttl: DAY });
  const called = (call) => new Promise((resolve, reject) => call((error, value) => (error ? reject(error) : resolve(value))));
  return {
    create: (id, session) => called((done) => store.set(id, session, done)),
    async readAndTouch(id) {
      const session = await called((done) => store.get(id, done));
      if (!session) throw new Error(`there is no session '${id}'`);
      await called((done) => store.touch(id, session, done));
    },
    async update(id, change) {
      const session = await called((done) => store.get(id, done));
      await called((done) => store.set(id, change(session), done));
    },
    raw: rawOf(
      (key) => client.get(key),
      (key, value) => client.set(key, value),
    ),
  };
}

export async function redisRank(place) {
  const client = ioredis(place);
  const board = new Leaderboard(client, 'redis-rank', { sortPolicy: 'high-to-low', updatePolicy: 'best' });
  return {
    submit: (member, score) => board.updateOne(member, score),
    top: () => board.top(10),
    rank: (member) => board.around(member, 2),
    raw: rawOf(
      (key) => client.get(key),
      (key, value) => client.set(key, value),
    ),
  };
}
