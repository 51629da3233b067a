import type { RedisOptions } from 'ioredis';
import { median, round } from '../support/benchmark';
import { withChildren } from '../support/child';
import { type Measure, PAIRS } from './measurement';

const ENTRIES = 1_000_000;

/** Time from the call of a purge in one process until another one, which reads all the time, has its first miss. */
export const tagPurge: Measure = (bench) =>
  withChildren(async (start) => {
    const { engines, place } = await bench.cluster();
    const masters: RedisOptions[] = (await engines.processes())
      .filter(({ role }) => role === 'primary')
      .map(({ name }) => engines.cacheAdministrator(name));
    const [writer, reader] = [start(bench.build.role('tag-purge')), start(bench.build.role('tag-purge'))];
    for (const child of [writer, reader]) await child.call('open', place);
    await writer.call('fill', masters, ENTRIES);
    const hits = await reader.call<number>('hits', ENTRIES);
    if (hits < 1000) throw new Error(`of 1000 among the ${ENTRIES} entries only ${hits} were hits`);
    const seen: number[] = [];
    const returned: number[] = [];
    for (let i = 0; i < PAIRS; i++) {
      const watching = reader.call<number>('watch');
      const [began, ended] = await writer.call<[number, number]>('purge');
      seen.push((await watching) - began);
      returned.push(ended - began);
      if (i === 0 && (await reader.call<number>('hits', ENTRIES)) > 0) throw new Error('a purged entry was a hit');
      await writer.call('restore');
    }
    bench.log(`  seen after ms: ${seen.map(round).join(' ')}; returned after ms: ${returned.map(round).join(' ')}`);
    return { tagPurgeMillionMs: round(median(seen)), tagPurgeFirstMs: round(seen[0] as number) };
  });
