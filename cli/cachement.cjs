#!/usr/bin/env node
// Runs the command line from its sources in a checkout, and from its build in the package.
const fs = require('node:fs');
const path = require('node:path');

async function run() {
  const inCheckout = fs.existsSync(path.join(__dirname, 'main.ts'));
  if (inCheckout) await import('tsx');
  const { main } = require(inCheckout ? './main' : '../dist/cli/main.js');
  process.exitCode = await main(process.argv.slice(2));
}

run();
