import { atomicScript, runReplicated } from '../../../lambdas/runtime/connection/run-script';
import type { MakeGame } from '../game';
import { monotonic } from '../journal';

/** Each operation has a field of its own, so that its number of effects can be counted. */
const COUNT = atomicScript(
  "local n = redis.call('HINCRBY', KEYS[1], ARGV[1], 1) redis.call('PEXPIRE', KEYS[1], 3600000) return n",
);

const KEYS = 16;

/** The smallest effect there is: what a script does that isn't safe to repeat. */
export const counter: MakeGame = ({ connection, random, process, without, note }) => {
  let last = 0;
  return {
    async turn() {
      const key = `${connection.namespace}:test:{counter-${Math.floor(random.between(0, KEYS))}}`;
      const id = `${process}-${++last}`;
      const began = monotonic();
      if (without === 'single-send') {
        const client = await connection.client();
        await client.eval(COUNT.text, 1, key, id);
        note('counted', began, { key, id, replicated: false });
        return;
      }
      const { replicated } = await runReplicated(connection, COUNT, [key], [id]);
      note('counted', began, { key, id, replicated });
    },
  };
};
