import { type Command, DONE, NOT_UNDERSTOOD, runCommand, type Terminal, terminal } from './arguments';
import { cacheCommand } from './cache';
import { initCommand } from './init';
import type { Connection } from './platform';
import { purgeCommand, purgesCommand } from './purge';

const HELP = `A caching platform for AWS: begin an app, run it on this machine, purge what is cached.

  npx cachement init --template NAME     begin an app from a template; --list names them
  npx cachement dev                      run the app of this folder on this machine
  npx cachement purge --tag TAG          purge every tier, here or deployed
  npx cachement purges list              what purges did
  npx cachement cache stats              what is in the shared tier; keys, inspect, purge

--help after a command shows its options. Exit code: 0 done, 1 failed, 2 not understood.
`;

/** Runs one command, other than `dev`. @returns the exit code. */
export function main(words: readonly string[], streams: Terminal = terminal, connection?: Connection): Promise<number> {
  const [name = '', ...rest] = words;
  // biome-ignore lint/suspicious/noExplicitAny: each command has options of its own
  const commands: Record<string, Command<any>> = {
    cache: cacheCommand(connection),
    init: initCommand(),
    purge: purgeCommand(connection),
    purges: purgesCommand(connection),
  };
  if (Object.hasOwn(commands, name)) return runCommand(commands[name]!, rest, streams);
  if (name === '--help' || name === '-h') {
    streams.out(HELP);
    return Promise.resolve(DONE);
  }
  streams.error(`${name === '' ? '' : `there is no command '${name}'\n\n`}${HELP}`);
  return Promise.resolve(NOT_UNDERSTOOD);
}
