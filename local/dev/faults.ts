/** Faults of a machine that reach here from deep below, each with what mends it. */
const FAULTS: readonly { readonly sign: RegExp; text(stateDir: string): string }[] = [
  {
    sign: /\bENOSPC\b|No space left on device/i,
    text: (stateDir) =>
      `the disk of '${stateDir}' is full: free some space there, or choose a folder of another disk with --state`,
  },
  {
    sign: /\bEACCES\b.*listen|listen EACCES/,
    text: () => 'this port is for root alone: choose one from 1024 on with --port',
  },
  {
    sign: /\bEMFILE\b/,
    text: () => 'this user may open no more files: raise the limit with `ulimit -n 4096` before the start',
  },
];

/** The error with what mends it in front, where that is known; itself otherwise. */
export function explained(error: unknown, stateDir: string): unknown {
  if (!(error instanceof Error)) return error;
  const fault = FAULTS.find(({ sign }) => sign.test(error.message));
  return fault ? new Error(`${fault.text(stateDir)}\n(${error.message})`, { cause: error }) : error;
}
