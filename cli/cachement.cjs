#!/usr/bin/env node
// Runs the command line from its build, or in a checkout from its sources.
const fs = require('node:fs');
const path = require('node:path');

if (!fs.existsSync(path.join(__dirname, 'main.js'))) require('tsx/cjs');
require('./main')
  .main(process.argv.slice(2))
  .then((code) => {
    process.exitCode = code;
  });
