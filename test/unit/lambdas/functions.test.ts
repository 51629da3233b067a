import { customResource } from '../../../lambdas/platform/custom-resource';
import { Environment } from '../../../lambdas/platform/environment';
import { createLog } from '../../../lambdas/platform/log';

describe('the environment', () => {
  test.each([
    [{}, "environment variable 'BUS_NAME' must be set"],
    [{ BUS_NAME: '' }, "environment variable 'BUS_NAME' must be set"],
  ])('names a variable that is missing (%j)', (variables, message) => {
    expect(() => new Environment(variables).busName).toThrow(message);
  });

  test.each(['x', '-1', '1.5', '0', '1e3'])('names a variable that is no number for its purpose: %s', (text) => {
    expect(() => new Environment({ DATABASE_POOL_SIZE: text }).databasePoolSize).toThrow(
      "environment variable 'DATABASE_POOL_SIZE' must be a whole number of at least 1",
    );
  });

  test.each(['host', 'host:', ':5432', 'host:70000', 'a:1,b:2'])('names a variable that is no address: %s', (text) => {
    expect(() => new Environment({ DATABASE_WRITER: text }).databaseWriter).toThrow(
      "environment variable 'DATABASE_WRITER' must be 'host:port'",
    );
  });

  test('reads addresses, none or many', () => {
    expect(new Environment({ DATABASE_READERS: 'a:1, b:2' }).databaseReaders).toEqual([
      { host: 'a', port: 1 },
      { host: 'b', port: 2 },
    ]);
    expect(new Environment({ DATABASE_READERS: '' }).databaseReaders).toEqual([]);
    expect(new Environment({}).databaseReaders).toEqual([]);
  });
});

describe('the log', () => {
  test('is one JSON object a line, and keeps of an error what it says', () => {
    const lines: string[] = [];
    const error = Object.assign(new Error('refused', { cause: new Error('deeper') }), { code: 'E', password: 'hunter2' });
    createLog((line) => lines.push(line)).error('failed', { error, size: 1n });
    expect(lines.map((line) => JSON.parse(line))).toEqual([
      {
        level: 'error',
        message: 'failed',
        error: { name: 'Error', message: 'refused', code: 'E', cause: { name: 'Error', message: 'deeper' } },
        size: '1',
      },
    ]);
  });
});

describe('a custom resource', () => {
  const event = {
    RequestType: 'Create' as const,
    ResponseURL: 'https://bucket/answer',
    StackId: 's',
    RequestId: 'r',
    LogicalResourceId: 'l',
  };
  const urls = (...statuses: number[]) => {
    const answers: { url: string; status: number; body: Record<string, unknown> }[] = [];
    const put = (async (url: string, init: { body: string }) => {
      const status = statuses.shift() ?? 200;
      answers.push({ url, status, body: JSON.parse(init.body) });
      return { ok: status < 300, status };
    }) as unknown as typeof fetch;
    return { answers, put };
  };
  let output: jest.SpyInstance;
  beforeEach(() => {
    output = jest.spyOn(process.stdout, 'write').mockReturnValue(true);
  });
  afterEach(() => output.mockRestore());

  test('answers with what the run gives, under an id that stays', async () => {
    const { answers, put } = urls();
    const handler = customResource({ physicalResourceId: 'schema', run: async () => ({ applied: 1 }), fetch: put });
    await handler(event);
    await handler({ ...event, RequestType: 'Update', PhysicalResourceId: 'older-id' });
    expect(answers.map(({ body }) => body)).toEqual([
      {
        Status: 'SUCCESS',
        Data: { applied: 1 },
        PhysicalResourceId: 'schema',
        StackId: 's',
        RequestId: 'r',
        LogicalResourceId: 'l',
      },
      expect.objectContaining({ Status: 'SUCCESS', PhysicalResourceId: 'older-id' }),
    ]);
  });

  test('does nothing on Delete', async () => {
    const { answers, put } = urls();
    const run = jest.fn();
    await customResource({ physicalResourceId: 'schema', run, fetch: put })({ ...event, RequestType: 'Delete' });
    expect(run).not.toHaveBeenCalled();
    expect(answers[0]?.body.Status).toBe('SUCCESS');
  });

  test('answers with the reason where the run fails', async () => {
    const { answers, put } = urls();
    const run = async () => {
      throw Object.assign(new Error('permission denied'), { code: '42501', query: 'hunter2' });
    };
    await customResource({ physicalResourceId: 'schema', run, fetch: put })(event);
    expect(answers[0]?.body).toMatchObject({ Status: 'FAILED', Reason: "permission denied (42501); see the function's log" });
    expect(JSON.stringify(answers)).not.toContain('hunter2');
  });

  test('answers before it is cut off', async () => {
    const { answers, put } = urls();
    const handler = customResource({ physicalResourceId: 'schema', run: () => new Promise(() => {}), fetch: put });
    await handler(event, { getRemainingTimeInMillis: () => 3_010 });
    expect(answers[0]?.body).toMatchObject({ Status: 'FAILED', Reason: expect.stringContaining('ran out of time') });
  });

  test('tries again where the answer does not arrive', async () => {
    const { answers, put } = urls(503, 500, 200);
    await customResource({ physicalResourceId: 'schema', run: async () => ({}), fetch: put })(event);
    expect(answers.map(({ status }) => status)).toEqual([503, 500, 200]);
  });
});
