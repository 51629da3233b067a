import * as path from 'node:path';
import { presets } from '../policies/presets';
import { stacksOf } from './apps';
import { writeStacks } from './assembly';

/** Apps whose update from the last release is played, each with its stacks as that release synthesized them. */
export const RELEASED = ['dev', 'prod', 'platform'] as const;

export const releaseFile = (name: string): string => path.join(__dirname, 'last-release', `${name}.json.gz`);

/** `node --import tsx test/deploy/keep-release.ts`: keeps what is synthesized now as the last release, when one is made. */
if (require.main === module) {
  const all = presets(false);
  for (const name of RELEASED) {
    const preset = all[name];
    if (preset) writeStacks(releaseFile(name), stacksOf(preset.addTo));
  }
}
