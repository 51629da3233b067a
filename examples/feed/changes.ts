import { EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import type { Handle } from 'cachement/functions';
import type { feedsOf } from './feeds';

/** Work on feeds that is to be done once its reason is committed. */
export interface Change {
  /** A post; a feed that is to be loaded anew; all those of an author's followers. */
  readonly kind: 'post' | 'forget' | 'forget-followers';
  /** Author of the post, owner of the feed, or author whose followers have the feeds. */
  readonly person: string;
  readonly post?: string;
  readonly at?: number;
}

/** Change that is in the database. */
export interface KeptChange extends Change {
  readonly id: string;
  readonly after?: string;
  readonly attempts: number;
}

/** Columns of a {@link KeptChange}. */
export const CHANGE = 'id::text, kind, person::text, post::text, at::float8, after, attempts';

/** Writes down a change, in the transaction of its reason: both are committed, or neither. */
export async function keepChange(client: Handle, { kind, person, post, at }: Change): Promise<KeptChange> {
  const { rows } = await client.query<KeptChange>(
    `INSERT INTO feed_changes (kind, person, post, at) VALUES ($1, $2, $3, $4) RETURNING ${CHANGE}`,
    [kind, person, post, at],
  );
  return rows[0] as KeptChange;
}

/** Does a change, or its next part where there are many followers. It may be repeated. @returns follower behind whom to go on. */
export async function doChange(
  { feeds, latest }: ReturnType<typeof feedsOf>,
  { kind, person, post, at, after }: Omit<KeptChange, 'id' | 'attempts'>,
): Promise<{ next?: string; replicated: boolean }> {
  const part = { batches: 1, ...(after && { after }) };
  if (kind === 'forget') return feeds.forget(person);
  if (kind === 'forget-followers') return feeds.forgetFollowersOf(person, part);
  if (!after) await latest.delete(person);
  return feeds.publish({ postId: post as string, authorId: person, at: at as number }, part);
}

const bus = new EventBridgeClient({ maxAttempts: 2, requestHandler: { connectionTimeout: 500, requestTimeout: 1500 } });

/** Wakes the fan-out. It may fail: the changes are in the database, and looked for each minute. */
export async function kick(): Promise<void> {
  const event = { EventBusName: process.env.BUS_NAME, Source: 'feed', DetailType: 'FeedChanged', Detail: '{}' };
  await bus.send(new PutEventsCommand({ Entries: [event] })).catch((error) => console.warn('fan-out not kicked', error));
}
