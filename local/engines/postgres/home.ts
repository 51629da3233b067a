import { createHash } from 'node:crypto';
import * as fs from 'node:fs';
import * as path from 'node:path';
import type { ProcessUser } from '../../host/processes';
import type { PostgresBinaries } from '../binaries';

/**
 * Folders and user of PostgreSQL.
 *
 * It refuses to run as root, so root runs it as another user. Programs and data stay where they are as far as that user may enter
 * the folders above them, and lie in {@link SYSTEM_FOLDER} otherwise; never in a temporary folder, where any user could have put
 * something before.
 */
export interface Home {
  /** Undefined for the user of this process. */
  readonly user?: ProcessUser;
  /** Folder with `bin`, `lib` and `share`. */
  readonly programs: string;
  /** Folder for this state folder's data. */
  readonly data: string;
}

/** Users that exist to run such a server, or to own nothing. */
const USERS = ['postgres', 'nobody', 'daemon'];

/** Folder that only root may write to, for what its other user couldn't reach elsewhere. */
const SYSTEM_FOLDER = '/var/lib/cachement';

/** @param systemFolder - for tests; {@link SYSTEM_FOLDER} by default */
export function homeOf(stateDir: string, binaries: PostgresBinaries, systemFolder = SYSTEM_FOLDER): Home {
  if (process.getuid?.() !== 0) return { programs: binaries.folder, data: folder(path.join(stateDir, 'postgres')) };
  return { user: otherUser(), programs: programsOf(binaries, systemFolder), data: dataOf(path.resolve(stateDir), systemFolder) };
}

function programsOf({ folder: installed, version }: PostgresBinaries, systemFolder: string): string {
  if (isOpen(fs.realpathSync(path.join(installed, 'bin')))) return installed;
  const programs = rootsFolder(path.join(rootsFolder(systemFolder), `postgres-${version}-${process.arch}`));
  copyPrograms(installed, programs);
  return programs;
}

function dataOf(stateDir: string, systemFolder: string): string {
  if (isOpen(fs.realpathSync(path.dirname(stateDir)))) {
    // The user passes through it to its own folder. The names in it can't be listed, and its files are root's alone.
    fs.chmodSync(stateDir, 0o711);
    return rootsFolder(path.join(stateDir, 'postgres'));
  }
  const id = createHash('sha256').update(stateDir).digest('hex').slice(0, 12);
  return rootsFolder(path.join(rootsFolder(systemFolder), `data-${id}`));
}

/** Creates a folder that the user may write to, and nobody else may read. */
export function ownFolder(home: Home, name: string): string {
  const created = folder(path.join(home.data, name));
  fs.chmodSync(created, 0o700);
  own(home, created);
  return created;
}

/** Writes a file that only the user may read. */
export function ownFile(home: Home, file: string, text: string | Buffer): void {
  fs.writeFileSync(file, text, { mode: 0o600 });
  own(home, file);
}

/** Makes a copied folder the user's, with all that is in it. */
export function ownTree(home: Home, folder: string): void {
  own(home, folder);
  if (!home.user) return;
  for (const entry of fs.readdirSync(folder, { recursive: true, encoding: 'utf8' })) own(home, path.join(folder, entry));
}

function own(home: Home, entry: string): void {
  if (home.user) fs.lchownSync(entry, home.user.uid, home.user.gid);
}

function otherUser(): ProcessUser {
  const users = new Map(
    fs
      .readFileSync('/etc/passwd', 'utf8')
      .split('\n')
      .map((line) => line.split(':'))
      .map(([name, , uid, gid]) => [name, { uid: Number(uid), gid: Number(gid) }]),
  );
  // It must be one that has a name: PostgreSQL looks it up.
  const name = USERS.find((candidate) => users.get(candidate)?.uid);
  if (!name) throw new Error(`PostgreSQL doesn't run as root, and there is no user '${USERS.join("' or '")}' to run it as`);
  return users.get(name)!;
}

/** True of a folder that every user may enter, by way of all folders above it. */
function isOpen(folder: string): boolean {
  const parent = path.dirname(folder);
  return (fs.statSync(folder).mode & 0o001) !== 0 && (parent === folder || isOpen(parent));
}

/** Makes a folder that other users may enter and read. @throws {Error} where somebody else could write to it. */
function rootsFolder(name: string): string {
  fs.mkdirSync(name, { recursive: true });
  const stat = fs.lstatSync(name);
  if (!stat.isDirectory() || stat.uid !== 0 || (stat.mode & 0o022) !== 0) {
    throw new Error(`folder '${name}' must be root's alone to write to: remove it, and it is made anew at the next start`);
  }
  fs.chmodSync(name, 0o755);
  return name;
}

function folder(name: string): string {
  fs.mkdirSync(name, { recursive: true });
  return name;
}

/** Copies what is missing or different; a folder that was cleaned up in part is whole again afterwards. */
function copyPrograms(from: string, to: string): void {
  for (const entry of fs.readdirSync(from, { withFileTypes: true })) {
    const [source, target] = [path.join(from, entry.name), path.join(to, entry.name)];
    if (entry.isDirectory()) {
      fs.mkdirSync(target, { recursive: true });
      fs.chmodSync(target, 0o755);
      copyPrograms(source, target);
    } else if (!isCopied(source, target)) {
      // Another process may do the same at this time, or already run the program: put each file in place whole.
      const partial = `${target}.${process.pid}`;
      fs.rmSync(partial, { force: true });
      if (entry.isSymbolicLink()) fs.symlinkSync(fs.readlinkSync(source), partial);
      else copyFile(source, partial);
      fs.renameSync(partial, target);
    }
  }
}

function copyFile(source: string, target: string): void {
  const { mode, atime, mtime } = fs.statSync(source);
  fs.copyFileSync(source, target, fs.constants.COPYFILE_FICLONE);
  fs.chmodSync(target, mode & 0o100 ? 0o755 : 0o644);
  fs.utimesSync(target, atime, mtime);
}

function isCopied(source: string, target: string): boolean {
  const [a, b] = [source, target].map((file) => fs.lstatSync(file, { throwIfNoEntry: false }));
  if (!a || !b || a.isSymbolicLink() !== b.isSymbolicLink()) return false;
  if (a.isSymbolicLink()) return fs.readlinkSync(source) === fs.readlinkSync(target);
  // File systems keep times at different precision.
  return a.size === b.size && Math.abs(a.mtimeMs - b.mtimeMs) < 2000;
}
