import { type ChildProcess, spawn } from 'node:child_process';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { endLeftovers } from '../../local/host/processes';
import { CTRL_C, matchesOutput } from '../support/console-blocks';
import { testAssembly } from '../support/platform';
import { tutorialCommands } from '../support/tutorial';
import { waitFor } from '../support/wait-for';

const project = path.resolve(__dirname, '../..');
const state = fs.mkdtempSync(path.join(os.tmpdir(), 'tutorial-'));
const commands = tutorialCommands();

/** The longest that a command may take: on a busy machine the cluster agrees on its state after more than a minute. */
const LIMIT_MS = 240_000;

/** Addresses and folders that a reader has, and a test must not share with others: its own stand in their place. */
const READERS_EDGE = 'http://127.0.0.1:8080';
const READERS_STATE = '.cachement/local';
let edge: string | undefined;
const forTest = (text: string): string => text.replaceAll(READERS_EDGE, edge ?? READERS_EDGE).replaceAll(READERS_STATE, state);
const forReader = (text: string): string => (edge ? text.replaceAll(edge, READERS_EDGE) : text);

/** A shell that keeps its variables from command to command, as a terminal does. */
class Terminal {
  readonly #shell: ChildProcess;
  readonly ended: Promise<unknown>;
  #output = '';

  constructor() {
    // A group of its own, so that Ctrl-C reaches everything in it and nothing else.
    this.#shell = spawn('bash', ['--noprofile', '--norc'], { cwd: project, detached: true });
    for (const stream of [this.#shell.stdout!, this.#shell.stderr!]) {
      stream.setEncoding('utf8');
      stream.on('data', (text) => {
        this.#output += text;
      });
    }
    this.ended = new Promise((resolve) => this.#shell.once('close', resolve));
    this.#shell.stdin!.write('exec 2>&1\n');
  }

  /** Lines since the last command. */
  lines(): string[] {
    const lines = this.#output.replaceAll('\r', '').split('\n');
    while (lines.length > 0 && lines[lines.length - 1] === '') lines.pop();
    return lines;
  }

  /** Runs a command to its end. @returns its lines. */
  async run(command: string): Promise<string[]> {
    const mark = `end-${Math.random()}`;
    // Without input, since the shell's own is the commands that follow.
    this.start(`{ ${command}\n} < /dev/null\nprintf '\\n%s\\n' ${mark}`);
    await waitFor(`the end of: ${command}`, () => this.#output.includes(`\n${mark}\n`), { timeoutMs: LIMIT_MS });
    this.#output = this.#output.slice(0, this.#output.indexOf(`\n${mark}\n`));
    return this.lines();
  }

  /** Begins a command that goes on. */
  start(command: string): void {
    this.#output = '';
    this.#shell.stdin!.write(`${command}\n`);
  }

  interrupt(): void {
    this.#output = '';
    this.#signal('SIGINT');
  }

  end(): Promise<unknown> {
    this.#signal('SIGKILL');
    return this.ended;
  }

  #signal(signal: NodeJS.Signals): void {
    if (this.#shell.exitCode === null && this.#shell.signalCode === null) process.kill(-this.#shell.pid!, signal);
  }
}

const first = new Terminal();
const second = new Terminal();
const done: number[] = [];

afterAll(async () => {
  // A failed test leaves the platform running: it ends its processes when it is asked to, and not when it is killed.
  first.interrupt();
  await Promise.race([first.ended, new Promise((resolve) => setTimeout(resolve, 30_000).unref())]);
  await Promise.all([first.end(), second.end()]);
  // What it left all the same, such as engines of a platform that was stopped by the wrong command.
  await endLeftovers(state);
  fs.rmSync(state, { recursive: true, force: true });
});

test.each(commands.map((command, index) => ({ ...command, index })))(
  '$page:$line $text',
  async ({ text, output, index }) => {
    // Each stands on those before it: what comes after a failure would say nothing.
    expect(done.length).toBe(index);
    const prints = (lines: readonly string[]) => matchesOutput(output, lines.map(forReader));
    if (text === 'npm start') {
      // In place of the shell, so that it ends with it.
      first.start(`exec npm start -- --port 0 --state ${state} --assembly ${await testAssembly()}`);
      await waitFor(
        'the address of the edge',
        () => {
          edge = / {2}edge {6}(http:\S+)/.exec(first.lines().join('\n'))?.[1];
          return edge && prints(first.lines());
        },
        { timeoutMs: LIMIT_MS },
      );
    } else if (text === CTRL_C) {
      first.interrupt();
      await first.ended;
      if (!prints(first.lines())) expect(first.lines()).toEqual(output);
    } else {
      const lines = await second.run(forTest(text));
      if (!prints(lines)) expect(lines.map(forReader)).toEqual(output);
    }
    done.push(index);
  },
  LIMIT_MS + 10_000,
);

test('every command has been run, once and in order', () => {
  expect(done).toEqual(commands.map((_, index) => index));
});
