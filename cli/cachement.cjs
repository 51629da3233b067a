#!/usr/bin/env node
// Runs the command line from its sources in a checkout, and from its build in the package.
const fs = require('node:fs');
const path = require('node:path');

const inCheckout = fs.existsSync(path.join(__dirname, 'main.ts'));
if (inCheckout) require('tsx/cjs');
require(inCheckout ? './main' : '../dist/cli/main.js')
  .main(process.argv.slice(2))
  .then((code) => {
    process.exitCode = code;
  });
