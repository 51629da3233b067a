import { NODE_TIMEOUT_MS } from '../../local/engines/redis/config';
import type { Benchmark } from '../support/benchmark';
import { PARTS, type Part } from './ablations';
import { run } from './run';
import { startTestbed } from './testbed';

/**
 * `npm run bench -- consistency [--reads N] [--seed S] [--guard off] [--without token|lsn|floor|joiner|tags] [--failover redis]`:
 * reads that were served something older than a purge that had returned, counted by an oracle outside the library.
 */
export const benchmark: Benchmark = async ({ options, log }) => {
  const { reads = '20000', seed = String(Date.now() % 1_000_000), guard = 'on', without, failover, minutes = '15' } = options;
  const unknown = Object.keys(options).filter(
    (name) => !['reads', 'seed', 'guard', 'without', 'failover', 'minutes'].includes(name),
  );
  if (unknown.length > 0) throw new Error(`'--${unknown[0]}' is not an option of this benchmark`);
  if (without !== undefined && !PARTS.includes(without as Part)) {
    throw new Error(`'--without' must be one of ${PARTS.join(', ')}, got: '${without}'`);
  }
  if (!['on', 'off'].includes(guard)) throw new Error(`'--guard' must be on or off, got: '${guard}'`);
  if (failover !== undefined && failover !== 'redis') throw new Error(`'--failover' must be redis, got: '${failover}'`);
  if (!(Number(reads) > 0)) throw new Error(`'--reads' must be a positive number, got: '${reads}'`);
  const testbed = await startTestbed();
  try {
    log(`seed ${seed}`);
    const result = await run(testbed, {
      reads: Number(reads),
      seed: Number(seed),
      guard: guard === 'on',
      ...(without !== undefined && { without: without as Part }),
      promotion: true,
      failovers: failover === 'redis',
      limitMs: Number(minutes) * 60_000,
      log,
    });
    const { examples, ...figures } = result;
    for (const example of examples) log(`violation: ${JSON.stringify(example)}`);
    log(JSON.stringify(figures, undefined, 2));
    return { ...figures, nodeTimeoutMs: NODE_TIMEOUT_MS, examples };
  } finally {
    await testbed.dispose();
  }
};
