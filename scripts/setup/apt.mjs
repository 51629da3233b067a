import * as fs from 'node:fs';
import * as path from 'node:path';
import { run, SetupError, step } from './progress.mjs';

/**
 * Fetches a server and the libraries that this system lacks with `apt-get download`, and unpacks them into `tree`. Nothing is
 * installed and no daemon starts. The system's package lists are used where they serve; otherwise own ones are kept in `folder`,
 * which needs no root.
 *
 * @param packages those to try, each `{ server, programs }`: its name, and the packages to fetch that hold its programs
 * @param major the oldest version that serves
 * @returns what stood in the way, if anything did
 */
export function download(folder, tree, packages, major) {
  const state = path.join(folder, 'apt');
  let problem;
  for (const options of [[], ownLists(state)]) {
    const doubt = options.length ? update(options) : '';
    const choice = choose(options, packages, major);
    problem = choice.problem ?? fetchAndUnpack(choice.names, options, folder, tree);
    if (problem && doubt) problem = `${problem} (${doubt})`;
    if (!problem) break;
  }
  fs.rmSync(state, { recursive: true, force: true });
  return problem;
}

/** Updates the lists. One of a system's sources may fail without harm: its error matters only if nothing is found then. */
function update(options) {
  const { stderr, reason } = step('updating package lists (apt-get update, in a folder of the project)', () =>
    run('apt-get', [...options, 'update']),
  );
  return /^[WE]:/m.test(stderr) ? reason : '';
}

/**
 * Options with which apt keeps its state in the project: as root too, where apt would otherwise fetch as a user who may not enter
 * a private folder.
 */
function ownLists(state) {
  for (const name of ['lists/partial', 'cache/archives/partial']) fs.mkdirSync(path.join(state, name), { recursive: true });
  return [
    '-o',
    `Dir::State::Lists=${path.join(state, 'lists')}`,
    '-o',
    `Dir::Cache=${path.join(state, 'cache')}`,
    '-o',
    'APT::Sandbox::User=',
  ];
}

/** The first server that is new enough, with the libraries that it would bring along. */
function choose(options, packages, major) {
  const old = [];
  for (const { server, programs } of packages) {
    const candidate = /Candidate: (?:\d+:)?(\S+)/.exec(run('apt-cache', [...options, 'policy', server]).stdout)?.[1];
    if (!candidate || candidate === '(none)') continue;
    if (Number.parseInt(candidate, 10) < major) {
      old.push(`${server} ${candidate}`);
      continue;
    }
    const plan = run('apt-get', [
      ...options,
      '--simulate',
      '--no-install-recommends',
      '-o',
      'Debug::NoLocking=1',
      'install',
      server,
    ]);
    if (plan.code !== 0) return { problem: `apt can't resolve ${server} (${plan.reason})` };
    const libraries = [...plan.stdout.matchAll(/^Inst (lib\S+)/gm)].map((match) => match[1]);
    return { names: [...programs, ...libraries] };
  }
  return {
    problem: old.length
      ? `this system's packages are too old (${old.join(', ')})`
      : `apt knows no package ${packages.map(({ server }) => `'${server}'`).join(' or ')}`,
  };
}

function fetchAndUnpack(names, options, folder, tree) {
  // Apart until complete, so that an interrupted fetch leaves nothing that looks usable.
  const partial = path.join(folder, `partial-${process.pid}`);
  const archives = path.join(partial, 'archives');
  const unpacked = path.join(partial, 'tree');
  fs.mkdirSync(archives, { recursive: true });
  fs.mkdirSync(unpacked);
  try {
    const fetch = step(`downloading ${names.join(', ')} (apt-get download)`, () =>
      run('apt-get', [...options, '-o', 'APT::Sandbox::User=', 'download', ...names], { cwd: archives }),
    );
    if (fetch.code !== 0) return `apt-get download failed (${fetch.reason})`;
    for (const archive of fs.readdirSync(archives)) {
      const unpack = run('dpkg-deb', ['-x', path.join(archives, archive), unpacked]);
      if (unpack.code !== 0) throw new SetupError(`dpkg-deb could not unpack ${archive} (${unpack.reason})`);
    }
    fs.rmSync(tree, { recursive: true, force: true });
    fs.renameSync(unpacked, tree);
    return undefined;
  } finally {
    fs.rmSync(partial, { recursive: true, force: true });
  }
}

/** Folders of an unpacked tree that hold shared libraries, as `LD_LIBRARY_PATH`. */
export function libraries(tree) {
  const found = new Set();
  for (const base of ['usr/lib', 'lib']) {
    const folder = path.join(tree, base);
    if (!fs.existsSync(folder)) continue;
    for (const entry of fs.readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
      if (/\.so(\.|$)/.test(entry)) found.add(path.dirname(path.join(folder, entry)));
    }
  }
  return [...found].join(':');
}
