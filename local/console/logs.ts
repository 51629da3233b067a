import * as fs from 'node:fs/promises';

/** Bytes of a log that whoever comes gets at first, and at most at a time. */
const MOST_BYTES = 64 * 1024;

/** Time between two looks at a log, in milliseconds. */
const PAUSE_MS = 400;

/**
 * Follows a file: gives its last lines, and then those that are added.
 * @returns its end.
 */
export function follow(file: string, take: (lines: readonly string[]) => void): () => void {
  let timer: NodeJS.Timeout | undefined;
  let isOver = false;
  let at: number | undefined;
  let rest = '';

  const look = async () => {
    const handle = await fs.open(file, 'r').catch(() => undefined);
    try {
      const size = (await handle?.stat())?.size ?? 0;
      // Begun anew, by another run.
      if (at !== undefined && size < at) at = 0;
      const from = Math.max(at ?? 0, size - MOST_BYTES);
      const skips = from > (at ?? 0);
      const text =
        handle && size > from ? (await handle.read(Buffer.alloc(size - from), 0, size - from, from)).buffer : undefined;
      at = size;
      const lines = `${skips ? '' : rest}${text?.toString('utf8') ?? ''}`.split('\n');
      rest = lines.pop() ?? '';
      // The first one may have begun earlier.
      const whole = skips ? lines.slice(1) : lines;
      if (whole.length > 0 && !isOver) take(whole);
    } finally {
      await handle?.close();
    }
    if (!isOver) timer = setTimeout(run, PAUSE_MS);
  };
  // A file that can't be read now is tried again.
  const run = () =>
    void look().catch(() => {
      if (!isOver) timer = setTimeout(run, PAUSE_MS);
    });
  run();
  return () => {
    isOver = true;
    clearTimeout(timer);
  };
}
