import type { BenchmarkContext } from '../support/benchmark';
import { sleep } from '../support/time';
import { generator, OBSERVED, type ObservedTier, type PlatformHarness } from './platform-harness';

/** Size of the storm. */
export interface StormOptions {
  readonly seed: number;
  readonly changes: number;
  readonly places: number;
  /** Processes of relay, invalidator and executor that are killed in the meantime, at least. */
  readonly kills: number;
  /** Primaries of the shared tier that die in the meantime. */
  readonly failovers: number;
  /** True if lost messages are due again after seconds instead of minutes, and sweeps run as often. */
  readonly hurry?: boolean;
}

/** Result of the storm. */
export interface StormResult {
  /** Changes that some tier never showed, nor a later one of the same place. */
  readonly lost: number;
  /** Entries that differ from the primary after the last change and everything that it may take. */
  readonly staleAfterSettle: number;
  /** Accepted items that aren't in exactly one sealed batch. */
  readonly doublePaid: number;
  readonly changes: number;
  readonly kills: number;
  readonly failovers: number;
  /** Events that the bus delivered twice, and that overtook earlier ones. */
  readonly duplicates: number;
  readonly reordered: number;
  readonly readers: number;
  readonly reads: number;
  readonly entriesPerTier: number;
  readonly stormSeconds: number;
  /** After the last change, until every tier agreed with the primary; longer than the bar where that wasn't reached. */
  readonly settledAfterSeconds: number;
}

/** Sweep interval, longest visibility timeout, drain, and the slack of the bar, in seconds. */
const SETTLED_SECONDS = 60 + 180 + 5 + 30;

/** Visibility timeout in a hurry, in milliseconds, after which a message is sent again. */
const HURRY_EVERY_MS = 4_000;

/** Countries whose lists are read too; any change of a place of theirs changes them. */
const LISTS = 10;

/**
 * Time between two reads of one reader, in milliseconds: enough that every tier is full, and that the machine has time for the
 * rest.
 */
const READ_EVERY_MS = 10;

const VICTIMS = ['PurgeRelay', 'PurgeInvalidator', 'PurgeExecutor'] as const;

/**
 * Changes while everything that purges dies again and again; then all tiers are compared with the primary, and the bill with the
 * batches.
 */
export async function storm(
  harness: PlatformHarness,
  options: StormOptions,
  { log }: Pick<BenchmarkContext, 'log'>,
): Promise<StormResult> {
  const random = generator(options.seed);
  const places = await harness.places(options.places);
  const countries = [...new Set(places.map(({ country }) => country))].slice(0, LISTS);
  const paths = [
    ...places.map(({ id }) => `/places/${id}`),
    ...countries.map((country) => `/places?country=${country}&limit=40`),
  ];
  for (const path of paths) await harness.see('edge', path);
  log(`storm: ${paths.length} entries in each tier`);

  const startedAt = Date.now();
  let running = true;
  let reads = 0;
  const reader = async (tier: ObservedTier): Promise<void> => {
    while (running) {
      await harness.see(tier, paths[Math.floor(random() * paths.length)] as string).catch(() => undefined);
      reads += 1;
      await sleep(READ_EVERY_MS);
    }
  };
  const written = { count: 0 };
  const writer = async (): Promise<void> => {
    while (written.count < options.changes) {
      const population = 1_000_000 + written.count++;
      const { id, country } = places[Math.floor(random() * places.length)] as { id: number; country: string };
      await harness.change(id, population, [`place:${id}`, `country:${country.toLowerCase()}`]);
      if (random() < 0.2) await harness.publish('OutboxKicked').catch(() => undefined);
      await sleep(random() * PACE_MS * 2);
    }
  };
  let kills = 0;
  const killer = async (): Promise<void> => {
    // As many as the changes so far have earned; the last ones may die after the last change, whose purge is still on its way
    // then.
    while (running && (written.count < options.changes || kills < options.kills)) {
      const victim = VICTIMS[Math.floor(random() * VICTIMS.length)] ?? 'PurgeRelay';
      if (kills * options.changes <= options.kills * written.count) kills += harness.platform.lambda.kill(harness.arn(victim));
      await sleep(100 + random() * 200);
    }
  };
  let failovers = 0;
  const failer = async (): Promise<void> => {
    while (running && failovers < options.failovers) {
      // In the midst of the changes, each with as many before it as after it.
      const from = (options.changes * (failovers + 1)) / (options.failovers + 1);
      while (running && written.count < from) await sleep(100);
      await failOver(harness, random);
      failovers += 1;
      log(`storm: failover ${failovers}, ${written.count} changes, ${kills} kills`);
    }
  };

  const readers = OBSERVED.map(reader);
  await Promise.all([...Array.from({ length: WRITERS }, writer), killer(), failer()]);
  const lastChangeAt = Date.now();
  log(`storm: ${written.count} changes, ${kills} kills, ${failovers} failovers; waiting for every tier to agree`);
  let different = await compare(harness, places, paths);
  let hurriedAt = lastChangeAt;
  const hurry = async (): Promise<void> => {
    if (!options.hurry || Date.now() - hurriedAt < HURRY_EVERY_MS) return;
    hurriedAt = Date.now();
    // Not an attempt more: none may be set aside because of the hurry.
    await harness.administrator.query(
      "UPDATE cachement.outbox SET due_at = now(), attempts = least(attempts, 1) WHERE due_at < 'infinity'",
    );
    await harness.publish('OutboxKicked');
  };
  while (different.size > 0 && Date.now() - lastChangeAt < SETTLED_SECONDS * 1000) {
    await hurry();
    await sleep(1_000);
    different = await compare(harness, places, paths);
  }
  const settledAfterSeconds = Math.round((Date.now() - lastChangeAt) / 1000);
  running = false;
  await Promise.all(readers);
  for (const entry of different.keys()) log(`storm: still different: ${entry}`);
  while (options.hurry && (await rowsLeft(harness)) > 0) {
    await hurry();
    await sleep(500);
  }
  await completed(harness);
  return {
    lost: [...different.values()].reduce((sum, lost) => sum + lost, 0),
    staleAfterSettle: different.size,
    doublePaid: await doublePaid(harness),
    changes: written.count,
    kills,
    failovers,
    ...eventsOf(harness),
    readers: readers.length,
    reads,
    entriesPerTier: paths.length,
    stormSeconds: Math.round((lastChangeAt - startedAt) / 1000),
    settledAfterSeconds,
  };
}

function eventsOf(harness: PlatformHarness): { duplicates: number; reordered: number } {
  const rules = Object.values(harness.platform.events.stats());
  return {
    duplicates: rules.reduce((sum, { duplicates }) => sum + duplicates, 0),
    reordered: rules.reduce((sum, { reordered }) => sum + reordered, 0),
  };
}

/** Writers, and the mean time between two changes of each, in milliseconds: 200 changes a second at most. */
const WRITERS = 4;
const PACE_MS = 20;

/** Entries that differ from the primary, with the number of last changes that they don't show; by tier and path. */
async function compare(
  harness: PlatformHarness,
  places: readonly { id: number }[],
  paths: readonly string[],
): Promise<Map<string, number>> {
  const truth = await harness.truth(places.map(({ id }) => id));
  const different = new Map<string, number>();
  for (const tier of OBSERVED) {
    for (const path of paths) {
      const seen = await harness.see(tier, path);
      if (!seen) {
        different.set(`${tier} ${path}: no answer`, 0);
        continue;
      }
      const wrong = [...seen].filter(([id, population]) => truth.has(id) && truth.get(id) !== population);
      if (wrong.length > 0) different.set(`${tier} ${path}: ${JSON.stringify(wrong.slice(0, 3))}`, wrong.length);
    }
  }
  return different;
}

/** A primary dies, and comes back when its shard has another one. */
async function failOver(harness: PlatformHarness, random: () => number): Promise<void> {
  const { engines, events } = harness.platform;
  const primaries = (await engines.processes()).filter(({ kind, role }) => kind === 'redis' && role === 'primary');
  const victim = primaries[Math.floor(random() * primaries.length)];
  if (!victim) throw new Error('there is no primary to kill');
  await engines.kill(victim.name);
  await engines.restart(victim.name);
  await engines.ready();
  // What ElastiCache says of it, a little later.
  events.emit({ source: 'aws.elasticache', detailType: 'ElastiCache Failover Complete', detail: { node: victim.name } });
}

/** Waits until nothing is left in the outbox, so that everything that will be paid has been. */
export async function completed(harness: PlatformHarness, seconds = SETTLED_SECONDS): Promise<void> {
  const deadline = Date.now() + seconds * 1000;
  for (;;) {
    const left = await rowsLeft(harness);
    if (left === 0) return;
    if (Date.now() > deadline) throw new Error(`${left} rows are left in the outbox after ${seconds} s`);
    await sleep(250);
  }
}

async function rowsLeft(harness: PlatformHarness): Promise<number> {
  const { rows } = await harness.administrator.query('SELECT count(*)::integer AS count FROM cachement.outbox');
  return rows[0].count;
}

/** Items that the edge accepted and that aren't in exactly one sealed batch. */
export async function doublePaid(harness: PlatformHarness): Promise<number> {
  const { rows } = await harness.administrator.query(
    `SELECT coalesce(sum(items + wildcards), 0)::integer AS items,
       (SELECT count(*)::integer FROM cachement.edge_batch_item JOIN cachement.edge_batch USING (batch_id)
        WHERE sealed_at IS NOT NULL) AS rows,
       (SELECT count(*)::integer FROM (SELECT purge_id FROM cachement.edge_batch_purge GROUP BY purge_id HAVING count(*) > 1) AS twice) AS twice
     FROM cachement.edge_batch WHERE sealed_at IS NOT NULL`,
  );
  const { items, rows: stored, twice } = rows[0];
  const accepted = harness.platform.edge.stats().acceptedItems;
  return Math.abs(accepted - items) + Math.abs(items - stored) + twice;
}
