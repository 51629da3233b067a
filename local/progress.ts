import type { Log } from './types';

/** Tells a person what takes how long. */
export interface Progress {
  /** Shows that a phase has begun, and how long it took. */
  phase<T>(name: string, work: () => Promise<T>): Promise<T>;
  /** Log of the products' reports. */
  readonly log: Log;
}

/** Shows nothing. */
export const silent: Progress = { phase: (_, work) => work(), log: () => undefined };

/** The part of a stream that is written to. */
export interface Output {
  write(text: string): unknown;
  readonly isTTY?: boolean;
}

/** One line for each phase, which is there from its beginning; reports of products in between where `verbose`. */
export function createProgress(
  output: Output,
  { verbose = false, now = Date.now }: { readonly verbose?: boolean; readonly now?: () => number } = {},
): Progress {
  // Whether the cursor stands behind a phase that has begun.
  let open = false;
  const line = (text: string) => {
    output.write(`${open ? '\n' : ''}${text}\n`);
    open = false;
  };
  return {
    async phase(name, work) {
      const startedAt = now();
      output.write(`${open ? '\n' : ''}${name} ...`);
      open = true;
      const end = (outcome: string) => {
        output.write(open ? ` ${outcome}\n` : `${name}: ${outcome}\n`);
        open = false;
      };
      try {
        const result = await work();
        end(`${((now() - startedAt) / 1000).toFixed(1)} s`);
        return result;
      } catch (error) {
        end('failed');
        throw error;
      }
    },
    log(product, message) {
      if (verbose) line(`  [${product}] ${message}`);
    },
  };
}
