import { exitCodeOf, formatVerdicts, outcomeOf, type Probe, runProbes, TooLate } from '../../../bin/verify/probe';
import { type DeployedStage, STAGE_PROBES } from '../../../bin/verify/stage-probes';
import { Stacks } from '../../../cli/stacks';

const probe = (id: string, run: () => Promise<string>, lane?: string): Probe<null> => ({
  id,
  question: `${id}?`,
  does: 'looks',
  assumed: 'yes',
  ...(lane && { lane }),
  run,
});

describe('probes', () => {
  test('of one lane run one after the other, and others beside them; one that fails stops nobody', async () => {
    const order: string[] = [];
    const slow = (id: string) =>
      probe(
        id,
        async () => {
          order.push(`${id} begins`);
          await new Promise((resolve) => setImmediate(resolve));
          order.push(`${id} ends`);
          return 'yes';
        },
        'lane',
      );
    const failing = probe('failing', () => Promise.reject(new TypeError('no way')));
    const verdicts = await runProbes([slow('a'), failing, slow('b')], null);
    expect(order).toEqual(['a begins', 'a ends', 'b begins', 'b ends']);
    expect(verdicts.map(outcomeOf)).toEqual(['as assumed', 'failed', 'as assumed']);
    expect(verdicts[1]?.error).toBe('TypeError: no way');
  });

  test('that come too late are tried again, but not for ever', async () => {
    const late = [1, 2, 3].map((fails) => {
      let tries = 0;
      return probe(`${fails}`, async () => {
        tries += 1;
        if (tries <= fails) throw new TooLate('late');
        return 'yes';
      });
    });
    expect((await runProbes(late, null)).map(outcomeOf)).toEqual(['as assumed', 'as assumed', 'failed']);
  });

  test.each([
    ['all is as assumed', ['yes', 'yes'], 0],
    ['one is otherwise', ['yes', 'no'], 1],
    ['one fails', ['no', undefined], 2],
  ])('exit with the code of what came of them: %s', async (_, seen, code) => {
    const verdicts = seen.map((value) => ({ probe: probe('a', async () => ''), ...(value !== undefined && { seen: value }) }));
    expect(exitCodeOf(verdicts)).toBe(code);
  });

  test('show what was seen where it is not what was assumed, at the end', () => {
    const text = formatVerdicts([
      { probe: probe('a', async () => ''), seen: 'no' },
      { probe: probe('b', async () => ''), seen: 'yes' },
    ]);
    expect(text.split('\n')).toEqual([
      'as assumed  b: b?',
      '            assumed: yes',
      'OTHERWISE   a: a?',
      '            assumed: yes',
      '            seen:    no',
    ]);
  });
});

describe('deployed stacks', () => {
  const credentials = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret' };
  const asked: URL[] = [];
  const stacks = (status: number, body: string) =>
    new Stacks({
      region: 'eu-west-1',
      credentials,
      now: () => new Date(0),
      fetch: async (url, { headers }) => {
        asked.push(url);
        expect(headers.authorization).toMatch(
          /^AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE\/19700101\/eu-west-1\/cloudformation\/aws4_request, /,
        );
        return { ok: status === 200, status, text: async () => body };
      },
    });

  test('give their outputs and their resources', async () => {
    const outputs = `<r><Stacks><member><StackName>s</StackName><Outputs>
      <member><OutputKey>EdgeUrl</OutputKey><OutputValue>https://a/?x=1&amp;y=2</OutputValue></member>
      <member><Description>d</Description><OutputValue>v</OutputValue><OutputKey>Other</OutputKey></member>
    </Outputs></member></Stacks></r>`;
    expect([...(await stacks(200, outputs).outputs('s'))]).toEqual([
      ['EdgeUrl', 'https://a/?x=1&y=2'],
      ['Other', 'v'],
    ]);
    const { hostname, searchParams } = asked.at(-1)!;
    expect([hostname, ...searchParams.values()]).toEqual([
      'cloudformation.eu-west-1.amazonaws.com',
      'DescribeStacks',
      's',
      '2010-05-15',
    ]);
    const resources = `<r><StackResources><member><LogicalResourceId>A</LogicalResourceId><ResourceType>AWS::X::Y</ResourceType>
      <ResourceStatus>CREATE_COMPLETE</ResourceStatus></member></StackResources></r>`;
    expect(await stacks(200, resources).resources('s')).toEqual([
      { logicalId: 'A', type: 'AWS::X::Y', status: 'CREATE_COMPLETE' },
    ]);
  });

  test('fail with the host that does not answer, and why', async () => {
    const cause = new Error('getaddrinfo ENOTFOUND');
    const fetch = () => Promise.reject(new TypeError('fetch failed', { cause }));
    await expect(new Stacks({ region: 'r', credentials, fetch }).resources('s')).rejects.toThrow(
      "cloudformation.r.amazonaws.com can't be reached: getaddrinfo ENOTFOUND",
    );
  });

  test('fail with what CloudFormation says, and the name of the stack', async () => {
    const body = '<ErrorResponse><Error><Message>Stack with id s does not exist</Message></Error></ErrorResponse>';
    await expect(stacks(400, body).outputs('s')).rejects.toThrow(
      "CloudFormation answered 400 to DescribeStacks of stack 's': Stack with id s does not exist",
    );
  });
});

describe('a deployed stage', () => {
  const types = [
    'Custom::SchemaMigration',
    'AWS::ElastiCache::UserGroup',
    'AWS::ElastiCache::ReplicationGroup',
    'AWS::Lambda::Function',
    'AWS::EC2::SecurityGroup',
  ];
  const stage = (status: string, primary: string): DeployedStage => ({
    resources: async () => types.map((type) => ({ logicalId: 'A', type, status })),
    health: async () => ({ database: { primary: { status: primary } } }),
  });
  const seen = async (deployed: DeployedStage) => (await runProbes(STAGE_PROBES, deployed)).map((verdict) => verdict.seen);

  test('shows what AWS took', async () => {
    expect(await seen(stage('UPDATE_COMPLETE', 'ok'))).toEqual(['yes', 'yes']);
    expect(await seen(stage('CREATE_FAILED', 'ok'))).toEqual(['no', 'no']);
    expect(await seen(stage('CREATE_COMPLETE', 'down'))).toEqual(['no', 'yes']);
    expect(await seen({ ...stage('CREATE_COMPLETE', 'ok'), resources: async () => [] })).toEqual(['no', 'no']);
  });
});
