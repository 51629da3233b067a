import { randomBytes } from 'node:crypto';
import * as headers from '../../../lib/contract/headers';
import { Ticket } from '../../runtime/ticket';
import { isVersion, type Version } from '../../runtime/versions/version';

/**
 * A refresh of one key of the stage cache: a request that API Gateway lets through to the function although it has a response,
 * and whose response replaces that one. It says which version it must have, and is told in the response that it was really
 * carried out.
 */
export interface Refresh {
  readonly version: Version;
  /** Names this refresh, so that a response that was kept from an earlier one isn't taken for it. */
  readonly id: string;
}

const REFRESH_HEADER = headers.REFRESH_HEADER.toLowerCase();

/** Name of the response header that proves a refresh, as functions write it. */
export const REFRESHED_HEADER = headers.REFRESHED_HEADER.toLowerCase();

const FORMAT = /^([0-9A-F]{24})\.([0-9a-f]{16})$/;

export const newRefresh = (version: Version): Refresh => ({ version, id: randomBytes(8).toString('hex') });

/** Headers of the request for a refresh, besides its signature. */
export const refreshHeaders = ({ version, id }: Refresh): Record<string, string> => ({
  'cache-control': 'max-age=0',
  [REFRESH_HEADER]: `${version}.${id}`,
});

/**
 * The refresh that a request asks for. Whoever isn't authorised to ask gets no further than API Gateway, which answers such a
 * `Cache-Control` by itself; without one, the header means nothing.
 */
export function refreshOf(sent: Readonly<Record<string, string | undefined>> | null | undefined): Refresh | undefined {
  const values = Object.fromEntries(Object.entries(sent ?? {}).map(([name, value]) => [name.toLowerCase(), value]));
  if (values['cache-control'] !== 'max-age=0') return undefined;
  const match = FORMAT.exec(values[REFRESH_HEADER] ?? '');
  const [, version = '', id = ''] = match ?? [];
  return match && isVersion(version) ? { version, id } : undefined;
}

/** Makes a read of an entry bypass memory, and anything older than the refresh. */
export const refreshTicket = ({ version }: Refresh, entry: { readonly key: string }): Ticket =>
  Ticket.empty.with({ entryName: entry.key }, version);
