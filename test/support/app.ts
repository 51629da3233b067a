import { Client } from 'pg';
import type { EditableTemplate, TestPlatform } from './platform';

/** Names of the sample app's functions, by the beginning of their logical ids. */
export type AppFunction =
  | 'FunctionsReader'
  | 'FunctionsWriter'
  | 'PurgeRelay'
  | 'PurgeInvalidator'
  | 'PurgeExecutor'
  | 'GatewayRefreshAuthorization'
  | 'TopologyFunction'
  | 'ProbeFunction';

/** ARN of one of the app's functions. */
export function functionArn(platform: TestPlatform, name: AppFunction): string {
  const found = platform.model.resources('AWS::Lambda::Function').find(({ logicalId }) => logicalId.startsWith(name));
  if (!found) throw new Error(`the template has no function '${name}...'`);
  return platform.model.attribute(found, 'Arn');
}

/** Every process of an engine of this kind. */
export async function engineNames(
  platform: TestPlatform,
  kind: 'postgres-primary' | 'postgres-standby' | 'redis',
): Promise<string[]> {
  return (await platform.engines.processes()).filter((each) => each.kind === kind).map((each) => each.name);
}

/** Runs a statement as superuser on the primary and each standby; the rows of all. */
export async function onEveryDatabase<Row>(platform: TestPlatform, sql: string): Promise<Row[]> {
  const names = [...(await engineNames(platform, 'postgres-primary')), ...(await engineNames(platform, 'postgres-standby'))];
  const rows: Row[] = [];
  for (const name of names) {
    const client = new Client(platform.engines.databaseAdministrator(name));
    await client.connect();
    rows.push(...(await client.query(sql)).rows);
    await client.end();
  }
  return rows;
}

/** Times of the edge's invalidations, for tests of something else. */
export const PROMPT_EDGE = { edge: { invalidation: { effectiveMs: 100, completedMs: 500 } } };

/** Switches the stage cache off in a synthesized template. */
export function withoutStageCache(template: EditableTemplate): void {
  for (const { Type, Properties } of Object.values<EditableTemplate>(template.Resources)) {
    if (Type !== 'AWS::ApiGateway::Stage') continue;
    Properties.CacheClusterEnabled = false;
    for (const setting of Properties.MethodSettings ?? []) setting.CachingEnabled = false;
  }
}
