import { explained } from '../../../local/dev/faults';

const text = (error: Error): string => (explained(error, '/app/.cachement/local') as Error).message;

test.each([
  [
    'ENOSPC: no space left on device, write',
    "the disk of '/app/.cachement/local' is full: free some space there, or choose a folder of another disk with --state",
  ],
  ['initdb failed:\ncould not write to file "pg_wal": No space left on device', "the disk of '/app/.cachement/local' is full"],
  ['listen EACCES: permission denied 127.0.0.1:80', 'this port is for root alone: choose one from 1024 on with --port'],
  ['spawn EMFILE', 'this user may open no more files: raise the limit with `ulimit -n 4096`'],
])('%s has what mends it in front, and the cause behind', (message, mend) => {
  expect(text(new Error(message)).startsWith(mend)).toBe(true);
  expect(text(new Error(message)).endsWith(`(${message})`)).toBe(true);
});

test('another error is as it was', () => {
  const error = new Error('something else');
  expect(explained(error, '/x')).toBe(error);
});
