import * as fs from 'node:fs';
import * as path from 'node:path';
import { type Browser, chromium } from 'playwright-core';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome'];
const MAC = '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome';

/** What to do where there is no browser. */
export const BROWSER_ADVICE =
  'install Chromium (Debian: apt-get install chromium), or set CACHEMENT_CHROMIUM to the path of such a browser';

/** Path of this machine's Chromium; undefined where there is none. */
export function browserPath(): string | undefined {
  const folders = (process.env.PATH ?? '').split(path.delimiter);
  const candidates = [...NAMES.flatMap((name) => folders.map((folder) => path.join(folder, name))), MAC];
  return process.env.CACHEMENT_CHROMIUM || candidates.find((file) => fs.existsSync(file));
}

/** Starts a browser without a window. @throws {Error} that says what to install */
export async function startBrowser(): Promise<Browser> {
  const executablePath = browserPath();
  if (executablePath === undefined) throw new Error(`there is no browser: ${BROWSER_ADVICE}`);
  return chromium.launch({
    executablePath,
    args: [
      // Its sandbox needs what root, or a container, doesn't give; it only ever opens pages of this machine.
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
}
