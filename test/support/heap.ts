import * as v8 from 'node:v8';
import * as vm from 'node:vm';

v8.setFlagsFromString('--expose-gc');
const collectGarbage = vm.runInNewContext('gc') as () => void;

/** Bytes by which two measurements of the same may differ. */
const NOISE = 50_000;

/** Bytes of the heap and of buffers that are in use, after the rest has been collected: again and again, until nothing goes. */
function usedBytes(): number {
  for (let before = Number.POSITIVE_INFINITY; ; ) {
    collectGarbage();
    const { heapUsed, external } = process.memoryUsage();
    const used = heapUsed + external;
    if (used > before - NOISE) return used;
    before = used;
  }
}

/** Bytes that what a function makes keeps in use. Make some megabytes, so that what else goes on in the process doesn't count. */
export function retainedBytes(make: () => unknown): number {
  const before = usedBytes();
  const kept = make();
  const bytes = usedBytes() - before;
  // Kept alive until here.
  return kept === undefined ? 0 : bytes;
}

/** {@link retainedBytes} of what takes a while to be made. */
export async function retainedBytesOf(make: () => Promise<unknown>): Promise<number> {
  const before = usedBytes();
  const kept = await make();
  const bytes = usedBytes() - before;
  return kept === undefined ? 0 : bytes;
}

/** Text as a parser makes it: flat, and of its own. */
export function freshText(text: string): string {
  return Buffer.from(text, 'latin1').toString('latin1');
}
