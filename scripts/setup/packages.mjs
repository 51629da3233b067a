import * as fs from 'node:fs';
import * as path from 'node:path';
import { npm } from './npm.mjs';
import { SetupError, step } from './progress.mjs';

/** Fields that identify an installed package as the locked one. */
const IDENTITY = ['version', 'integrity', 'link'];

/** Runs `npm ci` where `node_modules` doesn't match the lock file. */
export function ensurePackages(root) {
  if (matches(root)) return;
  step('installing packages (npm ci)', () => {
    npm(root, 'ci');
    if (!matches(root))
      throw new SetupError('npm ci left node_modules different from package-lock.json: remove node_modules and try again');
  });
}

/**
 * Compares the lock file with the one that npm leaves in `node_modules` once everything is in place. Optional packages may be
 * missing there (those of other platforms are); every other one must be the same, and nothing may be there in addition.
 */
function matches(root) {
  const locked = packages(path.join(root, 'package-lock.json'));
  const installed = packages(path.join(root, 'node_modules', '.package-lock.json'));
  if (!locked || !installed) return false;
  for (const [name, entry] of Object.entries(locked)) {
    if (name === '') continue;
    const found = installed[name];
    if (!found) {
      if (entry.optional && !isForThisPlatform(entry)) continue;
      return false;
    }
    if (IDENTITY.some((key) => entry[key] !== found[key])) return false;
  }
  return Object.keys(installed).every((name) => name in locked);
}

function packages(file) {
  try {
    return JSON.parse(fs.readFileSync(file, 'utf8')).packages;
  } catch {
    return undefined;
  }
}

/**
 * Matches `os`, `cpu` and `libc` as npm does: a list of names, or of names with `!`. An optional package without them may be left
 * out for other reasons.
 */
function isForThisPlatform({ os, cpu, libc }) {
  if (!os && !cpu && !libc) return false;
  return allows(os, process.platform) && allows(cpu, process.arch) && (!libc || allows(libc, runtimeLibrary()));
}

let library;

/** `glibc` or `musl`; by the loader's name, because a diagnostic report takes longer than everything else here together. */
function runtimeLibrary() {
  library ??= ['/lib', '/lib64'].some(
    (folder) => fs.existsSync(folder) && fs.readdirSync(folder).some((name) => name.startsWith('ld-musl-')),
  )
    ? 'musl'
    : 'glibc';
  return library;
}

function allows(list, value) {
  if (!list) return true;
  const names = [list].flat();
  if (names.includes(`!${value}`)) return false;
  return names.includes(value) || names.every((name) => name.startsWith('!'));
}
