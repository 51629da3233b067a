import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { ConnectionLog, type ConnectionRecord } from '../../../local/lambda/connections';
import { FunctionLog } from '../../../local/lambda/function-log';

/** Takes every open and fails every write with ENOSPC, as a full disk does. Linux has it. */
const FULL_DISK = '/dev/full';

(fs.existsSync(FULL_DISK) ? test : test.skip)('a full disk costs a line of the log, and no invocation', () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'log-'));
  fs.symlinkSync(FULL_DISK, path.join(folder, 'things.log'));
  const log = new FunctionLog(folder, 'things');
  log.open();
  expect(() => log.write('REPORT')).not.toThrow();
  log.close();
  fs.rmSync(folder, { recursive: true });
});

test("what a function itself writes to its guard's descriptor is no connection, and ends nothing", () => {
  const blocked: ConnectionRecord[] = [];
  const log = new ConnectionLog((record) => blocked.push(record));
  const lines = ['no JSON', 'null', '1', '[]', '{}', '{"name":1}', '{"name":"n","missing":2}', '{"__proto__":{"name":"x"}}'];
  log.add('arn', `${lines.join('\n')}\n{"name":"db","missing":"a rule"}\n`);
  expect(log.all()).toEqual([{ functionArn: 'arn', target: 'db', missing: 'a rule' }]);
  expect(blocked).toHaveLength(1);
});
