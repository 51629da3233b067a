import { randomUUID } from 'node:crypto';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import { SQSClient, StartMessageMoveTaskCommand } from '@aws-sdk/client-sqs';
import { Client } from 'pg';
import { type AppFunction, engineNames, functionArn, PROMPT_EDGE } from '../support/app';
import { type EditableTemplate, startTestPlatform, type TestPlatform } from '../support/platform';
import { waitFor } from '../support/wait-for';

let platform: TestPlatform;
let administrator: Client;

beforeAll(async () => {
  platform = await startTestPlatform({ edit: impatient, settings: PROMPT_EDGE });
  const [primary] = await engineNames(platform, 'postgres-primary');
  administrator = new Client(platform.engines.databaseAdministrator(primary as string));
  await administrator.connect();
});
afterAll(async () => {
  await administrator?.end();
  await platform?.dispose();
});

/** Time after which a message that failed is received again. */
const SECONDS = 6;

/**
 * Messages are set aside after two receipts, and nothing but what is redriven takes a purge up again. One would set aside what a
 * busy machine was once too slow for.
 */
function impatient(template: EditableTemplate): void {
  for (const [id, resource] of Object.entries<EditableTemplate>(template.Resources)) {
    if (id.startsWith('PurgeSharedStepsQueue') && resource.Type === 'AWS::SQS::Queue') {
      resource.Properties.VisibilityTimeout = SECONDS;
      resource.Properties.RedrivePolicy.maxReceiveCount = 2;
    }
    // AWS refuses a mapping whose function may take longer than its queue waits.
    if (id.startsWith('PurgeInvalidator') && resource.Type === 'AWS::Lambda::Function') resource.Properties.Timeout = SECONDS;
    if (id.startsWith('PurgeSweep') && resource.Type === 'AWS::Events::Rule') resource.Properties.State = 'DISABLED';
  }
}

const clientOptions = (by?: AppFunction) => ({
  endpoint: platform.urls.endpoint,
  region: platform.model.environment.region,
  maxAttempts: 1,
  credentials: by ? platform.keys.of(functionArn(platform, by)) : platform.keys.operator,
});

/** Puts an event on the bus: as a person at this machine, or as one of the functions. */
async function publish(type: string, detail: object, { by, source = 'cachement' }: { by?: AppFunction; source?: string } = {}) {
  const [bus] = platform.model.resources('AWS::Events::EventBus');
  const client = new EventBridgeClient(clientOptions(by));
  try {
    const Entries = [
      { EventBusName: platform.model.ref(bus!), Source: source, DetailType: type, Detail: JSON.stringify(detail) },
    ];
    return await client.send(new PutEventsCommand({ Entries }));
  } finally {
    client.destroy();
  }
}

const queue = (prefix: string) => {
  const found = platform.model.resources('AWS::SQS::Queue').find(({ logicalId }) => logicalId.startsWith(prefix));
  return { name: platform.model.attribute(found!, 'QueueName'), arn: platform.model.attribute(found!, 'Arn') };
};
const visible = (prefix: string) => platform.queues.stats()[queue(prefix).name]?.visible ?? 0;
const submitted = (tags: unknown, more: object = {}) => ({ purgeId: randomUUID(), tags, mode: 'delete', ...more });
const completed = async (purgeIds: readonly string[]) => {
  const { rows } = await administrator.query(
    'SELECT count(*)::integer AS count FROM cachement.purge WHERE purge_id = ANY($1) AND completed_at IS NOT NULL',
    [purgeIds],
  );
  return rows[0].count === purgeIds.length;
};

/** Waits for purges. @throws with the steps that the ledger has of them, where it takes too long. */
async function untilCompleted(what: string, purgeIds: readonly string[], timeoutMs = 60_000): Promise<void> {
  try {
    await waitFor(what, () => completed(purgeIds), { timeoutMs });
  } catch (error) {
    const { rows } = await administrator.query(
      `SELECT step, count(*)::integer AS purges FROM cachement.purge_step WHERE purge_id = ANY($1) GROUP BY step`,
      [purgeIds],
    );
    const state = JSON.stringify({ purges: purgeIds.length, steps: rows, queues: platform.queues.stats() });
    throw new Error(`${what}: ${state}`, { cause: error });
  }
}

describe('the bus', () => {
  // Outside of the network, so that nothing but a policy is between it and the bus.
  test.each<[AppFunction, string]>([
    ['GatewayRefreshAuthorization', 'PurgeSubmitted'],
    ['GatewayRefreshAuthorization', 'OutboxKicked'],
  ])('refuses %s, which has no grant, %s', async (by, type) => {
    await expect(publish(type, submitted(['place:1']), { by })).rejects.toMatchObject({ name: 'AccessDeniedException' });
  });

  test('takes from a function with a grant what it is for', async () => {
    const { FailedEntryCount } = await publish('OutboxKicked', {}, { by: 'FunctionsWriter' });
    expect(FailedEntryCount).toBe(0);
  });

  test('hands on nothing that says it is from somebody else', async () => {
    const wish = submitted(['place:1']);
    await publish('PurgeSubmitted', wish, { source: 'shop' });
    const after = submitted(['place:1']);
    await publish('PurgeSubmitted', after);
    await untilCompleted('a purge that was asked for later', [after.purgeId]);
    const { rows } = await administrator.query('SELECT FROM cachement.purge WHERE purge_id = $1', [wish.purgeId]);
    expect(rows).toEqual([]);
  });
});

describe('a full dead-letter queue', () => {
  const INJECTED: readonly [string, unknown][] = [
    ['an item', ['#place:1']],
    ['a wildcard', ['place:*']],
    ['everything', ['*']],
    ['two tags in one', ['place:1,place:2']],
    ['a line break', ['place:1\ncountry:de']],
    ['a header', ['a\r\nset-cookie: x']],
    ['another statement', ["a'); DROP TABLE cachement.outbox; --"]],
    ['upper case', ['Place:1']],
    ['a long tag', ['a'.repeat(200_000)]],
    ['a tag that is no text', [{ toString: 'x' }]],
    ['no tags', []],
    ['too many tags', Array.from({ length: 51 }, (_, i) => `t:${i}`)],
  ];

  test('holds what could not be done and what never will be, holds up nobody, and its redrive completes the former', async () => {
    // The ledger can't be written, so that every purge fails in the shared step.
    await administrator.query(
      `CREATE FUNCTION cachement.refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'no ledger today'; END $$;
       CREATE TRIGGER refuse BEFORE INSERT ON cachement.purge_step FOR EACH ROW WHEN (NEW.step = 'shared')
       EXECUTE FUNCTION cachement.refuse()`,
    );
    const { rows } = await administrator.query<{ purge_id: string }>(
      "INSERT INTO cachement.outbox (tags) SELECT ARRAY['t:' || n] FROM generate_series(1, 25) AS n RETURNING purge_id",
    );
    const purgeIds = rows.map(({ purge_id }) => purge_id);
    await publish('OutboxKicked', {});
    for (const [, tags] of INJECTED) await publish('PurgeSubmitted', submitted(tags));
    const dead = () => visible('PurgeSharedStepsDeadLetters');
    await waitFor('dead letters', () => dead() >= purgeIds.length + INJECTED.length, { timeoutMs: 90_000 });
    expect(await completed(purgeIds)).toBe(false);

    await administrator.query('DROP TRIGGER refuse ON cachement.purge_step; DROP FUNCTION cachement.refuse');
    const change = await platform.request('/places/2950159', { method: 'PATCH', body: { population: 3_000_001 } });
    expect(change.status).toBe(200);
    const { purgeId } = change.json() as { purgeId: string };
    // The writer waits a second at most for its own kick, and there is no sweep here that would make up for it.
    await publish('OutboxKicked', {});
    await untilCompleted('a purge of that time', [purgeId]);

    const sqs = new SQSClient(clientOptions());
    await sqs.send(new StartMessageMoveTaskCommand({ SourceArn: queue('PurgeSharedStepsDeadLetters').arn }));
    sqs.destroy();
    await untilCompleted('the purges that were set aside', purgeIds, 90_000);
    await waitFor('what will never be done', () => dead() >= INJECTED.length, { timeoutMs: 60_000 });
    const left = await administrator.query('SELECT purge_id FROM cachement.outbox');
    expect(left.rows).toEqual([]);
    // Each tag was paid for once, and none that was smuggled in.
    const { rows: paid } = await administrator.query<{ item: string; times: number }>(
      "SELECT item, count(*)::integer AS times FROM cachement.edge_batch_item WHERE item LIKE '#t:%' GROUP BY item",
    );
    expect(paid.map(({ times }) => times)).toEqual(purgeIds.map(() => 1));
  });
});

describe('a key of the stage cache', () => {
  const at = (id: number) => `${platform.urls.gateway}/places/${id}`;
  const kept = () => platform.gateway.stats()[0]!.statistics.integrations;

  test('is refreshed by a purge that names it alone, and the others stay', async () => {
    const [one, other] = [2_911_298, 2_867_714];
    for (const id of [one, other]) expect((await platform.get(at(id))).status).toBe(200);
    await administrator.query('UPDATE places SET population = 1000001 WHERE id = $1', [one]);
    const wish = submitted([`place:${one}`]);
    await publish('PurgeSubmitted', wish);
    await untilCompleted('the purge', [wish.purgeId]);
    const before = kept();
    const answers = [await platform.get(at(one)), await platform.get(at(other))];
    // Both from the stage cache: nothing was flushed, and the one that was purged is there again.
    expect(kept()).toBe(before);
    expect(answers.map((answer) => answer.json().population === 1_000_001)).toEqual([true, false]);
    const { rows } = await administrator.query('SELECT refresh FROM cachement.gateway_command WHERE refresh IS NOT NULL');
    expect(rows).toContainEqual({ refresh: [`/places/${one}`] });
  });

  test('is refreshed by nobody who is not authorised', async () => {
    const answer = await platform.get(at(2_911_298), { 'cache-control': 'max-age=0' });
    expect(answer.status).toBe(403);
  });
});

describe('a hot key', () => {
  test('is in the shared tier again after its purge, before anybody asks for it', async () => {
    const wish = submitted(['country:de']);
    await publish('PurgeSubmitted', wish);
    await untilCompleted('the purge', [wish.purgeId]);
    const page = `${platform.urls.gateway}/places?country=DE&limit=20&page=1`;
    // The stage cache was flushed, so that the function answers; nobody has read the page before but the warmer.
    expect((await platform.get(page)).headers['cache-status']).toMatch(/^shared; hit; ttl=\d+, memory; fwd=miss$/);
  });
});

describe('the probe', () => {
  const ID = 2_879_139;
  const FILE = () => path.join(platform.stateDir, 'logs', `${functionArn(platform, 'ProbeFunction').split(':').at(-1)}.log`);

  /**
   * Runs it as if the purge had been committed this long ago.
   *
   * @returns what it says of the purge's keys; undefined where it is late.
   */
  const share = async (purgeId: string, seconds: number, metric: string): Promise<number[] | undefined> => {
    const size = fs.existsSync(FILE()) ? fs.statSync(FILE()).size : 0;
    await administrator.query(
      'UPDATE cachement.purge SET committed_at = clock_timestamp() - make_interval(secs => $2) WHERE purge_id = $1',
      [purgeId, seconds],
    );
    const run = await platform.functions.get(functionArn(platform, 'ProbeFunction'))!.invoke({});
    expect(run.functionError).toBeUndefined();
    const lines = fs.readFileSync(FILE(), 'utf8').slice(size).split('\n');
    return lines.flatMap((line) => (line.includes(`"${metric}":`) ? [JSON.parse(line)[metric]] : []))[0];
  };

  test('tells a key that the edge shows as the primary has it from one that it does not', async () => {
    await administrator.query('TRUNCATE cachement.purge CASCADE');
    const wish = submitted([`place:${ID}`]);
    await publish('PurgeSubmitted', wish);
    await untilCompleted('the purge', [wish.purgeId]);
    const says = (expected: number, seconds: number, metric: string) =>
      waitFor(`${metric} ${expected}`, async () => (await share(wish.purgeId, seconds, metric))?.[0] === expected, {
        timeoutMs: 60_000,
      });
    await says(100, 15, 'ConsistentAfter10Seconds');
    // A change that nobody says anything of, long after a purge: to the probe it is a purge that did not reach the edge.
    await administrator.query('UPDATE places SET population = population + 1 WHERE id = $1', [ID]);
    await says(0, 90, 'ConsistentAfter1Minute');
    await says(0, 630, 'ConsistentAfter10Minutes');
    expect(fs.readFileSync(FILE(), 'utf8')).toContain(`"path":"/places/${ID}","purgeId":"${wish.purgeId}","afterSeconds":600`);
  });
});

describe('an injection attempt', () => {
  test('of more than an event takes is refused by the bus itself', async () => {
    const refused = publish('PurgeSubmitted', submitted(['a'.repeat(2 ** 20)]));
    await expect(refused).rejects.toThrow(/size/i);
  });

  test.each([
    ['an item', 'PATCH', '/places/%23place%3A1'],
    ['a wildcard', 'PATCH', '/places/*'],
    ['two ids in one', 'PATCH', '/places/1,2'],
    ['a line break', 'PATCH', '/places/1%0a2'],
    ['an item', 'GET', '/places?country=%23'],
    ['a wildcard', 'GET', '/places?country=*'],
    ['a comma', 'GET', '/places?country=d,'],
    ['a line break', 'GET', '/places?country=d%0a'],
    ['a long text', 'GET', `/places?country=${'a'.repeat(4000)}`],
    ['a statement', 'GET', '/purges/1%27%3B%20DROP%20TABLE%20places'],
  ])('with %s in what a tag is made of is refused by the API: %s', async (_, method, path) => {
    const answer = await platform.request(path, { method, ...(method === 'PATCH' && { body: { population: 1 } }) });
    expect({ status: answer.status, body: answer.body }).toEqual({ status: 400, body: expect.stringMatching(/'\w+' must be/) });
    expect(answer.headers['x-amz-meta-cache-tag']).toBeUndefined();
  });
});
