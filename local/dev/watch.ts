import * as fs from 'node:fs';
import * as path from 'node:path';
import type { Sources } from '../assembly/sources';

/** Editors write a file in several steps, and formatters once more after them. */
const QUIET_MS = 150;

/**
 * Calls back once the sources have been touched and then left alone for a moment; whether their content differs is for the
 * callback to see. By a watcher on each folder: Node's recursive one would follow everything below `node_modules` on Linux.
 * @returns what ends it.
 */
export function watchSources(sources: Sources, touched: () => void): () => void {
  const watchers = new Map<string, fs.FSWatcher>();
  let timer: NodeJS.Timeout | undefined;
  let ended = false;

  const update = () => {
    const folders = new Set(sources.folders());
    for (const [folder, watcher] of watchers) {
      if (folders.has(folder)) continue;
      watcher.close();
      watchers.delete(folder);
    }
    for (const folder of folders) {
      if (watchers.has(folder)) continue;
      try {
        const watcher = fs.watch(path.join(sources.project, folder), { persistent: false }, again);
        // Such as a folder that was removed: the next update sees to it.
        watcher.on('error', () => watchers.delete(folder));
        watchers.set(folder, watcher);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
      }
    }
  };
  const again = () => {
    clearTimeout(timer);
    if (!ended) timer = setTimeout(settled, QUIET_MS);
  };
  const settled = () => {
    update();
    touched();
  };

  update();
  return () => {
    ended = true;
    clearTimeout(timer);
    for (const watcher of watchers.values()) watcher.close();
  };
}
