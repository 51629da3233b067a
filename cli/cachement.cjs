#!/usr/bin/env node
// Runs the command line from its sources in a checkout, and from its build in the package. Written so that a Node.js that is too
// old can still say so.
const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');

const NODE_MAJOR = 20;

// Else the SDK of AWS prints a warning on an older Node.js, with every call.
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = 'true';

async function run() {
  const words = process.argv.slice(2);
  const name = words[0] === 'dev' ? 'local' : 'cli';
  const root = path.join(__dirname, '..');
  const inCheckout = fs.existsSync(path.join(__dirname, 'main.ts'));
  if (inCheckout) {
    if (!setUp(root)) return 1;
    await import('tsx');
  }
  const { main } = require(inCheckout ? `../${name}/main` : `../dist/${name}/main.js`);
  return main(name === 'local' ? words.slice(1) : words);
}

/** A new clone has no packages yet, and `tsx` is one. */
function setUp(root) {
  if (fs.existsSync(path.join(root, 'node_modules/tsx'))) return true;
  return spawnSync(process.execPath, [path.join(root, 'scripts/setup.mjs')], { stdio: 'inherit' }).status === 0;
}

if (Number(process.versions.node.split('.')[0]) < NODE_MAJOR) {
  console.error(
    `Node.js ${NODE_MAJOR} or newer is needed, this is ${process.version}: install one from your system or https://nodejs.org`,
  );
  process.exitCode = 1;
} else {
  run().then(
    (code) => {
      process.exitCode = code;
    },
    (error) => {
      console.error(error.message);
      process.exitCode = 1;
    },
  );
}
