import { type ChildProcess, fork } from 'node:child_process';

/** A process of its own for one thing that is measured, so that neither its compiled code nor its heap is another's. */
export class Child {
  readonly #calls = new Map<number, { resolve: (value: unknown) => void; reject: (error: Error) => void }>();
  readonly #process: ChildProcess;
  #next = 0;

  /** @param script compiled JavaScript that calls `serve`. */
  constructor(
    script: string,
    options: { readonly execArgv?: readonly string[]; readonly onEvent?: (event: unknown) => void } = {},
  ) {
    this.#process = fork(script, [], {
      execArgv: [...(options.execArgv ?? [])],
      serialization: 'advanced',
      // The parent's output is its result.
      stdio: ['ignore', 2, 2, 'ipc'],
    });
    this.#process.on('message', (message: { id?: number; value?: unknown; error?: string; event?: unknown }) => {
      if (message.id === undefined) return options.onEvent?.(message.event);
      const call = this.#calls.get(message.id);
      this.#calls.delete(message.id);
      if (message.error === undefined) call?.resolve(message.value);
      else call?.reject(new Error(message.error));
    });
    this.#process.on('exit', (code, signal) => {
      for (const call of this.#calls.values()) call.reject(new Error(`${script} ended: ${signal ?? code}`));
      this.#calls.clear();
    });
  }

  get pid(): number {
    return this.#process.pid as number;
  }

  call<T = void>(method: string, ...args: unknown[]): Promise<T> {
    const id = this.#next++;
    return new Promise<T>((resolve, reject) => {
      this.#calls.set(id, { resolve: resolve as (value: unknown) => void, reject });
      this.#process.send({ id, method, args }, (error) => error && reject(error));
    });
  }

  kill(signal: NodeJS.Signals = 'SIGKILL'): void {
    this.#process.kill(signal);
  }
}

/** Methods that a child process serves, as its parent calls them. */
// biome-ignore lint/suspicious/noExplicitAny: any method, whatever its arguments
export type Remote<Methods extends Record<string, (...args: any) => unknown>> = {
  readonly [Name in keyof Methods]: (...args: Parameters<Methods[Name]>) => Promise<Awaited<ReturnType<Methods[Name]>>>;
};

/** Calls methods of a child process by their names. */
// biome-ignore lint/suspicious/noExplicitAny: any method, whatever its arguments
export function remote<Methods extends Record<string, (...args: any) => unknown>>(child: Child): Remote<Methods> {
  const call = (_: unknown, method: string) =>
    // A proxy that had a method of that name would be taken for a promise.
    method === 'then' ? undefined : (...args: unknown[]) => child.call(method, ...args);
  return new Proxy({}, { get: call }) as Remote<Methods>;
}

/** Gives `use` what starts processes, and ends them whatever happens. */
export async function withChildren<T>(
  use: (start: (script: string, options?: ConstructorParameters<typeof Child>[1]) => Child) => Promise<T>,
): Promise<T> {
  const children: Child[] = [];
  try {
    return await use((script, options) => {
      const child = new Child(script, options);
      children.push(child);
      return child;
    });
  } finally {
    for (const child of children) child.kill();
  }
}
