import type { UsageEvent } from './usage-event';

/** Client of PostgreSQL, such as one of `pg` or a pool of it. */
export interface Statements {
  /** Runs one statement. */
  // biome-ignore lint/suspicious/noExplicitAny: rows have the shape that the query gives them
  query(text: string, values: any[]): Promise<{ rows: any[] }>;
}

/** Tables that {@link recordInTransaction} and the flush write, for a migration. */
export const USAGE_SCHEMA: string = `CREATE TABLE usage_hours (
  name   text NOT NULL,
  tenant text NOT NULL,
  hour   timestamptz NOT NULL,
  meter  text NOT NULL,
  units  bigint NOT NULL CHECK (units >= 0),
  PRIMARY KEY (name, tenant, hour, meter)
);
CREATE TABLE usage_events (
  name     text NOT NULL,
  event_id text NOT NULL,
  tenant   text NOT NULL,
  meter    text NOT NULL,
  units    bigint NOT NULL CHECK (units > 0),
  at       timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (name, event_id)
);
CREATE INDEX usage_events_by_time ON usage_events (name, at);
`;

/** Totals of hours take the place of lower ones: they may come twice, late, and in any order. */
const KEEP_GREATEST = `ON CONFLICT (name, tenant, hour, meter) DO UPDATE
  SET units = greatest(usage_hours.units, excluded.units) WHERE usage_hours.units < excluded.units`;

const UPSERT = `INSERT INTO usage_hours (name, tenant, hour, meter, units)
  SELECT $1, tenant, hour, meter, units
  FROM unnest($2::text[], $3::timestamptz[], $4::text[], $5::bigint[]) AS total (tenant, hour, meter, units)
  ${KEEP_GREATEST}`;

const RECORD = `INSERT INTO usage_events (name, event_id, tenant, meter, units) VALUES ($1, $2, $3, $4, $5)
  ON CONFLICT (name, event_id) DO NOTHING RETURNING event_id`;

const ROLL_UP = `INSERT INTO usage_hours (name, tenant, hour, meter, units)
  SELECT name, tenant, date_trunc('hour', at, 'UTC'), meter, sum(units)
  FROM usage_events
  WHERE name = $1 AND at >= date_trunc('hour', now(), 'UTC') - make_interval(hours => $2)
  GROUP BY name, tenant, date_trunc('hour', at, 'UTC'), meter
  ${KEEP_GREATEST}`;

/** Total of a tenant, a meter and an hour. */
export interface HourTotal {
  readonly tenant: string;
  readonly hour: Date;
  readonly meter: string;
  readonly units: number;
}

/** Writes totals of hours. */
export async function writeTotals(client: Statements, name: string, totals: readonly HourTotal[]): Promise<void> {
  await client.query(UPSERT, [
    name,
    totals.map(({ tenant }) => tenant),
    totals.map(({ hour }) => hour),
    totals.map(({ meter }) => meter),
    totals.map(({ units }) => units),
  ]);
}

/**
 * Records an event as a row, in the transaction of what it is about: both are committed, or neither. For what is billed; it costs
 * a row each.
 *
 * @param name that of the meters, which is another one than a UsageMeter's: its totals are in the same table.
 * @returns false where the event had been recorded.
 */
export async function recordInTransaction(client: Statements, name: string, event: UsageEvent): Promise<boolean> {
  const { eventId, tenant, meter, units = 1 } = event;
  const { rows } = await client.query(RECORD, [name, eventId, tenant, meter, units]);
  return rows.length > 0;
}

/**
 * Adds the rows of this hour and some before up to totals of hours, on a schedule. It may run twice, and late.
 *
 * @param hours number of hours before this one; more after the schedule was late.
 */
export async function rollUpEvents(client: Statements, name: string, hours = 2): Promise<void> {
  await client.query(ROLL_UP, [name, hours]);
}
