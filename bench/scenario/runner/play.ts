import * as fs from 'node:fs';
import * as path from 'node:path';
import type { Cluster } from 'ioredis';
import { Client } from 'pg';
import { synthesizeIfChanged } from '../../../local/assembly/synthesize';
import { exampleSource } from '../../../local/dev/example';
import { startTestPlatform, type TestPlatform } from '../../../test/support/platform';
import type { Scenario, ScenarioRun } from '../scenario';
import { clusterClient, DatabaseCounts, NodeCounts, until } from './counts';
import { runLoad } from './load';
import { COMMON, missedBars } from './report';

const ROOT = path.resolve(__dirname, '../../..');

/** Options of a run. */
export interface PlayOptions {
  readonly size: ScenarioRun['size'];
  readonly seed: number;
  readonly rate?: number | undefined;
  /** Takes progress. */
  note(text: string): void;
}

/** Ends what was opened, in the reverse order, whatever happens. */
type Ends = (() => unknown)[];

/** Plays a scenario against its example. @returns its figures, with the names of the bars that were missed. */
export async function playScenario(
  scenario: Scenario,
  options: PlayOptions,
): Promise<{ readonly missed: readonly string[] } & Record<string, unknown>> {
  const { size, seed, note } = options;
  const began = performance.now();
  const ends: Ends = [];
  try {
    const platform = await startExample(scenario, options);
    ends.push(() => platform.dispose());
    note(`the platform is up, at ${platform.urls.edge}`);
    const { run, nodes } = await openRun(platform, options, ends);
    if (scenario.data) {
      note('growing the data');
      await scenario.data(run);
      await caughtUp(run);
    }
    const before = await nodes.commands();
    const figures = await scenario.play(run);
    const all = { ...figures, ...(await nodes.hygiene(before)) };
    const missed = missedBars([...scenario.bars, ...COMMON], all, size);
    return { scenario: scenario.name, size, seed, seconds: Math.round((performance.now() - began) / 1000), ...all, missed };
  } finally {
    for (const end of ends.reverse()) {
      try {
        await end();
      } catch (error) {
        note(`an end failed: ${(error as Error).message}`);
      }
    }
  }
}

/** Synthesizes the example, as `npm start -- --example NAME` does, and starts it. */
async function startExample(
  { name, example = name, context, settings, edit }: Scenario,
  { size, seed, note }: PlayOptions,
): Promise<TestPlatform> {
  const folder = path.join(ROOT, '.cachement/scenario');
  fs.mkdirSync(folder, { recursive: true });
  const directory = path.join(folder, `${name}-${size}`);
  note(`synthesizing examples/${example}`);
  await synthesizeIfChanged({
    ...exampleSource(ROOT, example),
    directory,
    context: { stage: 'local', ...context?.(size) },
  });
  return startTestPlatform({ assembly: directory, settings, seed, edit });
}

async function openRun(platform: TestPlatform, { size, seed, rate, note }: PlayOptions, ends: Ends) {
  const { engines } = platform;
  const processes = await engines.processes();
  const names = (kind: string) => processes.filter((each) => each.kind === kind).map(({ name }) => name);
  const clientOf = async (name: string) => {
    const client = new Client(engines.databaseAdministrator(name));
    client.on('error', () => undefined);
    await client.connect();
    ends.push(() => client.end());
    return client;
  };
  const primary = await clientOf(names('postgres-primary')[0]!);
  const standbys = await Promise.all(names('postgres-standby').map(clientOf));
  const counts = await DatabaseCounts.open(primary, standbys);

  // A tier for state is a group of its own, whose nodes have its name before the last colon.
  const groups = [...new Set(names('redis').map(groupOf))];
  const isState = (group: string) => /state/i.test(group);
  const shared = groups.find((group) => !isState(group))!;
  const clients = new Map<string, Cluster>();
  for (const group of groups) {
    const node = names('redis').find((name) => groupOf(name) === group)!;
    const client = await clusterClient(engines.cacheAdministrator(node));
    client.on('error', () => undefined);
    ends.push(() => client.disconnect());
    clients.set(group, client);
  }
  const nodes = await NodeCounts.open(platform, names('redis'));
  const sharedNodes = await NodeCounts.open(
    platform,
    names('redis').filter((name) => groupOf(name) === shared),
  );
  ends.push(
    () => nodes.close(),
    () => sharedNodes.close(),
  );

  const run: ScenarioRun = {
    size,
    seed,
    scale: size === 'full' ? 1 : 0.1,
    rate,
    edge: platform.urls.edge!,
    api: platform.urls.gateway!,
    platform,
    primary,
    standby: standbys[0] ?? primary,
    redis: clients.get(shared)!,
    state: clients.get(groups.find(isState) ?? shared)!,
    note,
    databaseReads: (about) => counts.reads(about),
    sharedCommands: () => sharedNodes.commands(),
    invocations: () => Object.fromEntries(invocationsOf(platform)),
    settle: () => settled(primary),
    load: (options) => runLoad(options as Parameters<typeof runLoad>[0], seed, note),
  };
  return { run, nodes };
}

const groupOf = (node: string): string => node.slice(0, node.lastIndexOf(':'));

function invocationsOf({ lambda, model }: TestPlatform): [string, number][] {
  const counts = lambda.invocations();
  return model
    .resources('AWS::Lambda::Function')
    .map((resource) => [resource.logicalId, counts.get(model.attribute(resource, 'Arn')) ?? 0]);
}

/** Waits until no purge is under way. */
async function settled(primary: Client): Promise<void> {
  await until(async () => {
    const { rows } = await primary.query(
      `SELECT NOT EXISTS (SELECT FROM cachement.outbox) AND NOT EXISTS
       (SELECT FROM cachement.purge WHERE completed_at IS NULL AND NOT left_to_ttl) AS done`,
    );
    return rows[0].done;
  }, 'the end of all purges');
}

/** Waits until the standby has what the primary has. */
async function caughtUp({ primary, standby }: ScenarioRun): Promise<void> {
  const { rows } = await primary.query('SELECT pg_current_wal_lsn() AS lsn');
  if (standby === primary) return;
  await until(async () => {
    const replayed = await standby.query('SELECT pg_last_wal_replay_lsn() >= $1 AS done', [rows[0].lsn]);
    return replayed.rows[0].done;
  }, 'the standby');
}
