import * as path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { percentile, round } from '../support/benchmark';
import { type Cast, CELEBRITIES, castOf, countsOf, growFeed } from './feed/data';
import { differences, type TimelineArgs } from './feed/traffic';
import { until } from './runner/counts';
import type { Scenario, ScenarioRun } from './scenario';

const PER_SECOND = { reads: 200, posts: 5, follows: 2 };
const CELEBRITY_SHARE = 1 / 20;
const WARMING = { concurrency: 6, seconds: 30 };
const SECONDS = { full: 120, small: 20 };
/** Posts of a celebrity, one after the other, whose commands are counted while nobody else asks. */
const COUNTED_POSTS = 20;
/** Feeds that are compared with the tables at the end, and posts of each. */
const COMPARED = { feeds: 500, posts: 60 };
/** Time after which no process still has older posts in memory. */
const MEMORY_MS = 1500;

const TRAFFIC = path.join(__dirname, 'feed/traffic.ts');

export const scenario: Scenario = {
  name: 'feed',
  what: '30,000 people and 1,800,000 follows; 2000 of them read 200 times a second, with 5 posts, one in 20 by somebody whom over 20,000 follow, and 2 follows or unfollows a second',
  bars: [
    { figure: 'feedReadP99Ms', what: 'time of a read, of 100 the longest but one', atMost: 100, small: 'none' },
    // A run by `--rate` says so.
    { figure: 'readsPerSecondPlanned', what: 'reads that arrive', atLeast: PER_SECOND.reads, small: 'none' },
    { figure: 'celebrityCommands', what: "commands that a celebrity's post sends", atMost: 5 },
    { figure: 'missing', what: 'posts that are missing in feeds at the end', atMost: 0 },
    { figure: 'doubled', what: 'posts that are there twice', atMost: 0 },
    { figure: 'foreign', what: 'posts of those who are not followed', atMost: 0 },
    { figure: 'hits', what: 'reads of feeds that needed no query', atLeast: 0.85, small: { atLeast: 0.8 } },
    { figure: 'failed', what: 'failed answers', atMost: 0 },
  ],
  // Requests wait for a function that is free, as they do where a thousand may run at once.
  settings: { lambda: { accountConcurrency: 1000 } },
  hasRate: true,
  data: growFeed,
  play,
};

async function play(run: ScenarioRun): Promise<Record<string, unknown>> {
  const { edge, size, seed, scale } = run;
  const cast = await castOf(run);
  const counts = await countsOf(run);
  const online = [...cast.readers, ...cast.changers];

  const before = await readersQueries(run);
  const first = await run.load({
    module: TRAFFIC,
    exportName: 'arrivals',
    args: { edge, people: online },
    count: online.length,
    concurrency: 8,
    name: 'everybody comes in',
  });
  const factor = (run.rate ?? PER_SECOND.reads * (size === 'full' ? 1 : scale * 2)) / PER_SECOND.reads;
  const perSecond = { reads: PER_SECOND.reads * factor, posts: PER_SECOND.posts * factor, follows: PER_SECOND.follows * factor };
  const timeline = {
    module: TRAFFIC,
    exportName: 'timeline',
    args: { edge, cast, perSecond, celebrityShare: CELEBRITY_SHARE } satisfies TimelineArgs,
  };
  // Functions are started, and have run often enough to be compiled: both take time from all others here, as they don't on AWS.
  const warmed = await run.load({ ...timeline, ...WARMING });
  const arrived = await readersQueries(run);
  const load = await run.load({
    ...timeline,
    perSecond: perSecond.reads + perSecond.posts + perSecond.follows,
    seconds: SECONDS[size],
    seed: seed + 1,
    name: 'reads and posts',
  });
  const read = await readersQueries(run);
  const { posted, unseen, visibleMs } = load.figures as { posted: number; unseen: number; visibleMs: number[] };
  const { lambda } = run.platform;
  // Also of requests that nobody waits for any more.
  await until(async () => lambda.environments().every(({ state }) => state !== 'busy'), 'the end of all invocations');
  await until(async () => (await run.primary.query('SELECT FROM feed_changes LIMIT 1')).rowCount === 0, 'the end of the fan-out');
  await sleep(MEMORY_MS);
  run.note('comparing feeds with the tables');
  const compared = await compareFeeds(run, cast);
  const reads = load.kinds.read!;
  return {
    ...counts,
    feedReadP99Ms: reads.p99Ms,
    feedReadP50Ms: reads.p50Ms,
    readsPerSecondPlanned: round(perSecond.reads),
    readsPerSecond: round(reads.count / (load.milliseconds / 1000)),
    postsPerSecond: round(posted / (load.milliseconds / 1000)),
    visibleP99Ms: round(percentile(visibleMs, 99)),
    visibleP50Ms: round(percentile(visibleMs, 50)),
    visibleCount: visibleMs.length,
    unseenAtEnd: unseen,
    hits: round(1 - (read - arrived) / reads.count),
    hitsWithArrivals: round(1 - (read - before) / (reads.count + (warmed.kinds.read?.count ?? 0) + first.count)),
    ...compared,
    ...(await celebrityCommands(run)),
    failed: first.failed + warmed.failed + load.failed,
    arrival: first.kinds.arrival,
    read: reads,
    post: load.kinds.post,
    celebrityPost: load.kinds.celebrityPost,
    follow: load.kinds.follow,
  };
}

/** Queries of the app's tables by the role of functions that only read, on every server. */
async function readersQueries({ primary, standby }: ScenarioRun): Promise<number> {
  const sql = `SELECT coalesce(sum(calls), 0)::float8 AS calls FROM pg_stat_statements JOIN pg_roles ON pg_roles.oid = userid
    WHERE rolname = 'cachement_reader' AND query ~* '\\yfrom (posts|follows|people|unnest)\\y'`;
  const results = await Promise.all([...new Set([primary, standby])].map((server) => server.query<{ calls: number }>(sql)));
  return results.reduce((sum, { rows }) => sum + rows[0]!.calls, 0);
}

/** Reads feeds page by page, and compares them with what the tables say. */
async function compareFeeds(run: ScenarioRun, { readers, changers }: Cast) {
  const people = [...changers, ...readers].slice(0, COMPARED.feeds * run.scale);
  const sum = { missing: 0, doubled: 0, foreign: 0, disordered: 0 };
  for (const person of people) {
    const { rows } = await run.primary.query<{ id: string }>(
      `SELECT posts.id::text FROM follows JOIN posts ON posts.author = follows.author WHERE follower = $1
       ORDER BY at DESC, posts.id::text COLLATE "C" DESC LIMIT $2`,
      [person, COMPARED.posts],
    );
    const shown: string[] = [];
    for (let cursor: string | undefined = ''; cursor !== undefined && shown.length < COMPARED.posts; ) {
      const answer = await run.platform.get(
        `${run.edge}/people/${person}/feed${cursor && `?cursor=${encodeURIComponent(cursor)}`}`,
      );
      const page = answer.json() as { posts: { id: string }[]; cursor?: string };
      shown.push(...page.posts.map(({ id }) => id));
      cursor = page.cursor;
    }
    const found = differences(
      shown.slice(0, COMPARED.posts),
      rows.map(({ id }) => id),
    );
    for (const name of ['missing', 'doubled', 'foreign', 'disordered'] as const) sum[name] += found[name];
  }
  return { compared: people.length, ...sum };
}

/** Scripts and other commands that functions send for a post of a celebrity; what scripts call within is counted apart. */
async function celebrityCommands({ platform, edge, sharedCommands }: ScenarioRun) {
  const post = async (index: number) => {
    const author = CELEBRITIES[index % CELEBRITIES.length];
    const answer = await platform.request(`${edge}/posts`, { method: 'POST', body: { author, text: `Counted ${index}.` } });
    if (answer.status !== 201) throw new Error(`a celebrity's post was answered with ${answer.status}`);
  };
  // Connections are made, and scripts are known.
  for (let index = 0; index < CELEBRITIES.length; index++) await post(index);
  const before = await sharedCommands();
  for (let index = 0; index < COUNTED_POSTS; index++) await post(index);
  const after = await sharedCommands();
  const calls = (names: RegExp) =>
    Object.entries(after).reduce((sum, [name, count]) => sum + (names.test(name) ? count - (before[name] ?? 0) : 0), 0);
  return {
    celebrityCommands: round(calls(/^(eval|evalsha|eval_ro|evalsha_ro|wait)$/) / COUNTED_POSTS),
    celebrityCalls: round(calls(/^(?!info|ping|replconf|psync|cluster|auth|hello|client|role|eval|wait)/) / COUNTED_POSTS),
  };
}
