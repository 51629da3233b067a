import * as fs from 'node:fs';
import * as path from 'node:path';

/*
 * Classes of failures that would otherwise show in a deployment, and that are caught before: by a construct, whose message names
 * property, rule, value and fix; by a rule on the template; by a comparison with the deployed template; or by the CDK, for which
 * a test proves that it still does.
 */

const REFUSED = 'refused.test.ts';
const CDK = 'cdk.test.ts';
const TEMPLATES = 'templates.test.ts';
const DEPLOYED = 'deployed.test.ts';
const STAGES = '../../../snapshot';

/** Classes of failures, and the test that each is caught by. */
const CLASSES: readonly (readonly [number: number, what: string, files: readonly string[]])[] = [
  [1, 'security groups of two stacks that need each other', [CDK]],
  [2, 'a bucket behind origin access control in another stack than the distribution', [CDK]],
  [3, 'more than 500 resources', [CDK]],
  [4, 'a circle of dependencies, a reference to nothing', [CDK]],
  [5, 'rules of the edge outside of us-east-1', [REFUSED]],
  [6, 'a certificate of the edge outside of us-east-1', [REFUSED]],
  [7, 'a reference to another region that nothing resolves', [REFUSED, CDK]],
  [8, 'an export that goes while another stack imports it', [DEPLOYED]],
  [9, 'several shards without failover', [REFUSED]],
  [10, 'Multi-AZ without failover, failover without a replica', [REFUSED]],
  [11, 'valkey without a word on TLS', [CDK]],
  [12, 'a parameter group of another engine or version', [REFUSED]],
  [13, 'nodes, or an engine, that there are not', [REFUSED, CDK]],
  [14, 'scaling of what does not scale', [REFUSED]],
  [15, 'too many replicas', [REFUSED, CDK]],
  [16, 'an AUTH token beside users, or a password where there is none', [REFUSED, TEMPLATES]],
  [17, 'names that ElastiCache refuses', [REFUSED, TEMPLATES]],
  [18, 'users and groups that ElastiCache refuses', [TEMPLATES]],
  [19, 'a stage cache that is not said, or whose key is not complete', [REFUSED, TEMPLATES]],
  [20, 'replicas of what has no backups', [REFUSED]],
  [21, 'a proxy without TLS, or before a replica', [REFUSED, TEMPLATES]],
  [22, 'subnets in one zone', [REFUSED]],
  [23, 'subnets that overlap', [CDK]],
  [24, 'timeouts and variables that Lambda refuses, a queue that is too impatient', [CDK, TEMPLATES]],
  [25, 'a grant that is missing', [`${STAGES}/grants.test.ts`]],
  [26, 'a path through security groups that is missing', [`${STAGES}/network-paths.test.ts`]],
  [27, 'an API that nothing leads to out of the network', [REFUSED]],
  [28, 'logs of an API without the role of the account, or with two of them', [TEMPLATES]],
  [29, 'logs that a service refuses to write', [TEMPLATES]],
  [30, 'a key that a service may not use', [REFUSED, TEMPLATES]],
  [31, 'events that are lost where they can not be delivered', [TEMPLATES]],
  [32, 'a rotation that has no way out of the network', [REFUSED, TEMPLATES]],
  [33, 'two things of one name', [REFUSED, `${STAGES}/stacks.test.ts`]],
  [34, 'a replacement of what is stateful', [DEPLOYED, TEMPLATES]],
  [35, 'a deployment that waits for an invalidation', [TEMPLATES]],
  [36, 'a value that there is not, of which the CDK only warns', [CDK]],
];

test('every class has a number, from 1 to 36', () => {
  expect(CLASSES.map(([number]) => number)).toEqual(Array.from({ length: 36 }, (_, index) => index + 1));
});

test.each(CLASSES)('%d, %s, is caught', (number, _, files) => {
  for (const file of files) {
    const text = fs.readFileSync(path.join(__dirname, file), 'utf8');
    // Tests of a whole stage say what they are about in words.
    if (file.startsWith(STAGES)) continue;
    // In the title of a test, or as the first cell of a row of a table.
    expect([file, new RegExp(`['"\`]${number}: |^\\s*\\[\\s*${number},`, 'm').test(text)]).toEqual([file, true]);
  }
});
