import * as fs from 'node:fs';
import * as path from 'node:path';

const RUNTIME = path.resolve(__dirname, '../../lambdas/runtime');

/** Sources whose operations go to several shards. One that hangs must not keep the others' results from anyone. */
const SOURCES = [
  ...fs.readdirSync(path.join(RUNTIME, 'write-behind')).map((file) => path.join('write-behind', file)),
  'strict-writes.ts',
  'write-path.ts',
];

/** Functions in which `Promise.all` is given promises that don't reject. */
const ALLOWED: Readonly<Record<string, RegExp>> = {
  'write-behind/consumer.ts': /const eachForItself = .*\n?.*Promise\.all\(operations\)/,
  'strict-writes.ts': /const publishAll = .*Promise\.all\(/,
};

test.each(SOURCES)('%s waits for each shard by itself', (source) => {
  const text = fs.readFileSync(path.join(RUNTIME, source), 'utf8');
  const rest = ALLOWED[source] ? text.replace(ALLOWED[source], '') : text;
  expect(rest).not.toContain('Promise.all(');
});
