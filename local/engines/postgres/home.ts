import { createHash } from 'node:crypto';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import type { ProcessUser } from '../../host/processes';
import type { PostgresBinaries } from '../binaries';

/**
 * Folders and user of PostgreSQL.
 *
 * It refuses to run as root. So root runs it as another user, who can't be expected to enter the clone or the state folder:
 * programs and data then live in a temporary folder that everybody may enter. For anybody else they stay where they are.
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

export function homeOf(stateDir: string, binaries: PostgresBinaries): Home {
  if (process.getuid?.() !== 0) return { programs: binaries.folder, data: folder(path.join(stateDir, 'postgres')) };
  const shared = sharedFolder();
  const id = createHash('sha256').update(path.resolve(stateDir)).digest('hex').slice(0, 12);
  const programs = rootsFolder(path.join(shared, `postgres-${binaries.version}-${process.arch}`));
  copyPrograms(binaries.folder, programs);
  return { user: otherUser(), programs, data: rootsFolder(path.join(shared, `postgres-data-${id}`)) };
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

/** The temporary folder; or another one, where some of the folders above it keep other users out. */
function sharedFolder(): string {
  const candidates = [os.tmpdir(), '/tmp', '/var/tmp'];
  const found = candidates.find((candidate) => fs.existsSync(candidate) && isOpen(fs.realpathSync(candidate)));
  if (!found)
    throw new Error(
      `PostgreSQL doesn't run as root, and other users may not enter ${candidates.join(', ')}: set TMPDIR to a folder that all may enter`,
    );
  return fs.realpathSync(found);
}

function isOpen(folder: string): boolean {
  const parent = path.dirname(folder);
  return (fs.statSync(folder).mode & 0o001) !== 0 && (parent === folder || isOpen(parent));
}

/**
 * Anybody may create folders in a temporary folder: what lies there under our name must be root's, or others could put programs
 * into it.
 */
function rootsFolder(name: string): string {
  folder(name);
  const stat = fs.lstatSync(name);
  if (!stat.isDirectory() || stat.uid !== 0 || (stat.mode & 0o022) !== 0) {
    throw new Error(`${name} belongs to somebody else: remove it, or set TMPDIR to another folder`);
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
