import { Processes } from '../../local/host/processes';

/** Starts a program that runs until it is ended, writes its process id, and stays: run by tests that kill it. */
async function main(stateDir: string): Promise<void> {
  const started = await new Processes(stateDir).start({
    name: 'sleeper',
    command: process.execPath,
    args: ['-e', 'setInterval(() => {}, 1000)'],
    cwd: stateDir,
  });
  process.stdout.write(`${started.pid}\n`);
  setInterval(() => {}, 1000);
}

main(process.argv[2]!);
