import * as fs from 'node:fs';
import * as path from 'node:path';
import { type Command, readCommands } from './console-blocks';

const FOLDER = path.resolve(__dirname, '../../docs/tutorial');

/** Pages of the tutorial in the order of reading. */
export const TUTORIAL_PAGES: readonly string[] = [
  'README.md',
  ...fs
    .readdirSync(FOLDER)
    .filter((name) => name !== 'README.md')
    .sort(),
];

export const tutorialText = (page: string): string => fs.readFileSync(path.join(FOLDER, page), 'utf8');

/** Every command of the tutorial, in order. */
export const tutorialCommands = (): Command[] => TUTORIAL_PAGES.flatMap((page) => readCommands(page, tutorialText(page)));
