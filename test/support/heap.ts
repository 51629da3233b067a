import * as v8 from 'node:v8';
import * as vm from 'node:vm';

v8.setFlagsFromString('--expose-gc');
const collectGarbage = vm.runInNewContext('gc') as () => void;

/** Bytes of the heap and of buffers that are in use, after the rest has been collected. */
function usedBytes(): number {
  for (let i = 0; i < 2; i += 1) collectGarbage();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

/** Bytes that what a function makes keeps in use. Make some megabytes, so that what else goes on in the process doesn't count. */
export function retainedBytes(make: () => unknown): number {
  const before = usedBytes();
  const kept = make();
  const bytes = usedBytes() - before;
  // Kept alive until here.
  return kept === undefined ? 0 : bytes;
}

/** Text as a parser makes it: flat, and of its own. */
export function freshText(text: string): string {
  return Buffer.from(text, 'latin1').toString('latin1');
}
