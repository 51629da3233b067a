import { randomUUID } from 'node:crypto';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import { Pool } from 'pg';
import type { ProductSettings } from '../../local/products';
import { functionArn } from '../../test/support/app';
import { type EditableTemplate, startTestPlatform, type TestPlatform } from '../../test/support/platform';
import { Child } from '../support/child';
import type { WriterSettings } from './writer';

/** Options of a run of the platform. */
export interface FleetOptions {
  readonly edgeWindowMs?: number;
  readonly settings?: ProductSettings;
}

/** An entry of a tier, as somebody sees it: each place's population, which is the number of its last change. */
export type Seen = ReadonlyMap<number, number>;

/** A tier that is looked at, from the outside in. */
export type ObservedTier = 'edge' | 'gateway' | 'shared';

export const OBSERVED: readonly ObservedTier[] = ['edge', 'gateway', 'shared'];

/** The platform, with whatever a measurement needs around it. */
export class PlatformHarness {
  #writer: Child | undefined;

  private constructor(
    readonly platform: TestPlatform,
    /** The primary, as superuser. */
    readonly administrator: Pool,
    private readonly events: EventBridgeClient,
  ) {}

  static async start({ edgeWindowMs, settings }: FleetOptions = {}): Promise<PlatformHarness> {
    const platform = await startTestPlatform({ settings, edit: (template) => edit(template, edgeWindowMs) });
    const primary = (await platform.engines.processes()).find(({ kind }) => kind === 'postgres-primary')?.name ?? '';
    const administrator = new Pool({ ...platform.engines.databaseAdministrator(primary), max: 8 });
    administrator.on('error', () => {});
    const events = new EventBridgeClient({
      endpoint: platform.urls.endpoint,
      region: 'us-east-1',
      credentials: platform.keys.operator,
    });
    return new PlatformHarness(platform, administrator, events);
  }

  async dispose(): Promise<void> {
    this.events.destroy();
    this.#writer?.kill();
    await this.administrator.end();
    await this.platform.dispose();
  }

  arn(name: Parameters<typeof functionArn>[1]): string {
    return functionArn(this.platform, name);
  }

  /** A process that writes with the library; `writer.ts` has its methods. */
  async writer(): Promise<Child> {
    if (this.#writer) return this.#writer;
    const writer = new Child(path.join(__dirname, 'writer.ts'), { execArgv: ['--import', 'tsx'] });
    this.#writer = writer;
    const { host, port, database } = this.administrator.options;
    const settings: WriterSettings = {
      database: { host: host === undefined || host.startsWith('/') ? 'localhost' : host, port: Number(port) },
      databaseName: String(database),
      databaseUser: await secretOf(this.platform, 'DATABASE_SECRET_ARN', 'FunctionsWriter'),
      shared: this.variable('FunctionsWriter', 'SHARED_ENDPOINT'),
      sharedUser: await secretOf(this.platform, 'SHARED_SECRET_ARN', 'FunctionsWriter'),
      namespace: this.variable('FunctionsWriter', 'CACHE_NAMESPACE'),
      authorities: caOf(this.platform),
      endpoint: this.platform.urls.endpoint,
      credentials: this.platform.keys.operator,
      busName: this.variable('PurgeRelay', 'BUS_NAME'),
    };
    await writer.call('start', settings);
    return writer;
  }

  /** The largest places, by id with their countries. */
  async places(count: number): Promise<{ id: number; country: string }[]> {
    const { rows } = await this.administrator.query('SELECT id, country FROM places ORDER BY population DESC, id LIMIT $1', [
      count,
    ]);
    return rows;
  }

  /** A change as any language makes it: two statements in one transaction. @returns when it was committed. */
  async change(id: number, population: number, tags: readonly string[]): Promise<number> {
    const client = await this.administrator.connect();
    try {
      await client.query('BEGIN');
      await client.query('UPDATE places SET population = $2 WHERE id = $1', [id, population]);
      await client.query('INSERT INTO cachement.outbox (tags) VALUES ($1)', [tags]);
      await client.query('COMMIT');
      return Date.now();
    } finally {
      client.release();
    }
  }

  /** Puts an event on the bus, as an operator. */
  async publish(type: string, detail: object = {}): Promise<void> {
    const bus = this.variable('PurgeRelay', 'BUS_NAME');
    await this.events.send(
      new PutEventsCommand({
        Entries: [{ EventBusName: bus, Source: 'cachement', DetailType: type, Detail: JSON.stringify(detail) }],
      }),
    );
  }

  variable(name: Parameters<typeof functionArn>[1], variable: string): string {
    return variableOf(this.platform, variable, name);
  }

  /** Content of a path in a tier: populations by place. Undefined where it doesn't answer. */
  async see(tier: ObservedTier, pathAndQuery: string): Promise<Seen | undefined> {
    const body = tier === 'shared' ? await this.invokeReader(pathAndQuery) : await this.get(tier, pathAndQuery);
    if (body === undefined) return undefined;
    const answer = JSON.parse(body) as { id?: number; population?: number; places?: { id: number; population: number }[] };
    const places = answer.places ?? [answer as { id: number; population: number }];
    return new Map(places.map(({ id, population }) => [id, population]));
  }

  /** Populations on the primary. */
  async truth(ids: readonly number[]): Promise<Seen> {
    const { rows } = await this.administrator.query('SELECT id, population FROM places WHERE id = ANY($1)', [ids]);
    return new Map(rows.map(({ id, population }) => [id, population]));
  }

  private async get(tier: 'edge' | 'gateway', pathAndQuery: string): Promise<string | undefined> {
    const base = tier === 'edge' ? this.platform.urls.edge : this.platform.urls.gateway;
    const { status, body } = await this.platform.get(`${base}${pathAndQuery}`);
    return status === 200 ? body : undefined;
  }

  private async invokeReader(pathAndQuery: string): Promise<string | undefined> {
    const url = new URL(pathAndQuery, 'http://reader');
    const segments = url.pathname.split('/').slice(1);
    const event = {
      httpMethod: 'GET',
      path: url.pathname,
      resource: segments.length > 1 ? `/${segments[0]}/{id}` : url.pathname,
      pathParameters: segments.length > 1 ? { id: segments[1] } : null,
      queryStringParameters: Object.fromEntries(url.searchParams),
      multiValueQueryStringParameters: Object.fromEntries([...url.searchParams].map(([name, value]) => [name, [value]])),
      headers: {},
      multiValueHeaders: {},
      body: null,
      isBase64Encoded: false,
      requestContext: { requestId: randomUUID(), httpMethod: 'GET', path: url.pathname, stage: 'live' },
    };
    const { payload, functionError } = await this.platform.functions.get(this.arn('FunctionsReader'))!.invoke(event);
    if (functionError) return undefined;
    const { statusCode, body } = JSON.parse(payload);
    return statusCode === 200 ? body : undefined;
  }
}

/** A small linear congruential generator, uniform in [0, 1). */
export function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return state / 2_147_483_648;
  };
}

/** The certificate authority of a platform, as PEM. */
export const caOf = (platform: TestPlatform): string =>
  fs.readFileSync(path.join(platform.stateDir, 'certificates/ca.pem'), 'utf8');

/** An environment variable of a function. */
export function variableOf(platform: TestPlatform, variable: string, name: Parameters<typeof functionArn>[1]): string {
  const arn = functionArn(platform, name);
  const found = platform.model
    .resources('AWS::Lambda::Function')
    .find((resource) => platform.model.attribute(resource, 'Arn') === arn);
  return found?.properties.Environment.Variables[variable];
}

/** A secret that a function's variable names. */
export async function secretOf(
  platform: TestPlatform,
  variable: string,
  name: Parameters<typeof functionArn>[1],
): Promise<{ username: string; password: string }> {
  const arn = variableOf(platform, variable, name);
  const file = path.join(platform.stateDir, 'secrets.json');
  const stored = JSON.parse(fs.readFileSync(file, 'utf8')) as Record<string, { readonly value: string }>;
  const { value } = stored[arn] ?? {};
  if (value === undefined) throw new Error(`there is no secret '${arn}'`);
  return JSON.parse(value);
}

/** TTLs of an hour in every tier, so that nothing is right by expiring; and the window. */
function edit(template: EditableTemplate, edgeWindowMs: number | undefined): void {
  for (const { Type, Properties } of Object.values<EditableTemplate>(template.Resources)) {
    if (Type === 'AWS::ApiGateway::Stage') {
      for (const setting of Properties.MethodSettings ?? []) if (setting.CachingEnabled) setting.CacheTtlInSeconds = 3600;
    }
    const variables = Properties?.Environment?.Variables;
    if (Type === 'AWS::Lambda::Function' && variables?.EDGE_WINDOW_MS !== undefined && edgeWindowMs !== undefined) {
      variables.EDGE_WINDOW_MS = String(edgeWindowMs);
      // What a window saves is measured without escalation.
      variables.EDGE_PARENT_TAGS = '{}';
    }
  }
}
