/** Burst of reads of cold keys. */
export interface Case {
  /** `KEYS-VALUE-PROCESSES-CPU`, such as `1000-1kb-8p-half`. */
  readonly name: string;
  readonly keys: number;
  readonly valueBytes: number;
  readonly processes: number;
  /** Processes that ask for a key; each process asks for as many keys as the others. */
  readonly readersPerKey: number;
  /** Each process's share of a processor, at most. */
  readonly cpu: 'half' | 'one';
  /** Keys that each process reads afterwards, to see whether it has recovered, and how many of them at once. */
  readonly watched: number;
  readonly watchedAtOnce: number;
}

const SMALL = { value: '1kb', valueBytes: 1024, watched: 256, watchedAtOnce: 32 };
const LARGE = { value: '900kb', valueBytes: 900 * 1024, watched: 16, watchedAtOnce: 2 };

/**
 * Bursts by the work that they are. Of large values there are fewer keys: a node of the cluster has 128 MB, and 100 keys move 90
 * MB through each process. Of the most keys each is asked for by two of eight processes: by all, it would be 160,000 reads for
 * one or two processors.
 */
const BURSTS = [
  { keys: 100, ...SMALL, mostReaders: 8 },
  { keys: 1000, ...SMALL, mostReaders: 8 },
  { keys: 10, ...LARGE, mostReaders: 8 },
  { keys: 30, ...LARGE, mostReaders: 8 },
  { keys: 100, ...LARGE, mostReaders: 8 },
  { keys: 20_000, ...SMALL, mostReaders: 2 },
];

export const CASES: readonly Case[] = BURSTS.flatMap(({ value, mostReaders, ...burst }) =>
  [1, 8].flatMap((processes) =>
    (['one', 'half'] as const).map((cpu) => ({
      name: `${burst.keys}-${value}-${processes}p-${cpu}`,
      processes,
      readersPerKey: Math.min(processes, mostReaders),
      cpu,
      ...burst,
    })),
  ),
);
