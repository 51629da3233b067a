import { databaseFromEnvironment } from 'cachement/functions';

const database = databaseFromEnvironment();

/** Points that a client of the database sees: that it can sign in, and what its role may do. */
const POINTS: Readonly<Record<string, () => Promise<boolean>>> = {
  "Does RDS take a role's password as a SCRAM verifier?": async () =>
    (await askReader('SELECT current_user AS role')).role === 'cachement_reader',
  'May any role call `pg_control_checkpoint()` on RDS?': async () =>
    Number((await askReader('SELECT timeline_id FROM pg_control_checkpoint()')).timeline_id) > 0,
};

async function askReader(sql: string): Promise<Record<string, unknown>> {
  const { rows } = await database.readers[0]!.query(sql);
  return rows[0];
}

export async function handler({ point }: { readonly point: string }): Promise<string> {
  const holds = Object.hasOwn(POINTS, point) ? await POINTS[point]!() : undefined;
  if (holds === undefined) throw new Error(`no point is called '${point}'`);
  return holds ? 'as assumed' : 'OTHERWISE';
}
