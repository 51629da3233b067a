import * as path from 'node:path';
import { withChildren } from '../../support/child';
import type { LoadOptions, LoadResult } from '../traffic';
import type { GeneratorOptions } from './generator';

/** Sends requests from a process of its own, so that it takes no time from the servers' event loops. */
export function runLoad(options: LoadOptions, seed: number, note: (text: string) => void): Promise<LoadResult> {
  return withChildren((start) => {
    const began = performance.now();
    const child = start(path.join(__dirname, 'generator.ts'), {
      execArgv: ['--import', 'tsx'],
      onEvent: (event) => {
        const { answered, failed } = event as { answered: number; failed: number };
        const seconds = Math.round((performance.now() - began) / 1000);
        const of = options.count === undefined ? '' : ` of ${options.count}`;
        if (options.name) note(`${options.name}: ${answered}${of} answered, ${failed} failed, ${seconds} s`);
      },
    });
    const all: GeneratorOptions = { seed, ...options };
    return child.call<LoadResult>('run', all);
  });
}
