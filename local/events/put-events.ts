import { AwsError, type Members, type Operation } from '../types';
import { type BusEvent, eventTime } from './bus-event';

/** An entry of `PutEvents`, in the SDK's shape. */
export interface PutEventsEntry {
  readonly Source?: string;
  readonly DetailType?: string;
  readonly Detail?: string;
  readonly EventBusName?: string;
  readonly Resources?: readonly string[];
  /** Seconds since the epoch over the wire; a date in the SDK. */
  readonly Time?: number | string | Date;
}

interface PutEventsInput {
  readonly Entries?: readonly PutEventsEntry[];
}

/** Entries of one request (API reference of `PutEvents`). */
export const MAX_ENTRIES = 10;

/** Bytes of all entries of a request together (User Guide, "Calculating PutEvents event entry size"; read in November 2026). */
export const MAX_REQUEST_BYTES = 256 * 1024;

const ENTRY: Members = {
  Source: 'text',
  DetailType: 'text',
  Detail: 'text',
  EventBusName: 'text',
  Resources: { list: 'text' },
  Time: 'time',
  TraceHeader: 'text',
};

export interface PutEventsSurroundings {
  /** ARN of the bus of this name. */
  busArn(name: string): string;
  /** True of the name of a bus of the template. */
  exists(name: string): boolean;
  publish(bus: string, event: BusEvent): void;
  /** The rest of an event. */
  envelope(): Pick<BusEvent, 'version' | 'id' | 'account' | 'region'> & { now: number };
  log(message: string): void;
}

/** `PutEvents`: every entry is taken or refused by itself; the request as a whole only where it is too large or not allowed. */
export function putEventsOperation(surroundings: PutEventsSurroundings) {
  const { busArn } = surroundings;
  const entriesOf = ({ Entries }: PutEventsInput) => Entries ?? [];
  const values = (input: PutEventsInput, member: 'Source' | 'DetailType') => [
    ...new Set(entriesOf(input).flatMap((entry) => entry[member] ?? [])),
  ];
  return {
    input: { Entries: { list: { structure: ENTRY } } },
    required: ['Entries'],
    action: 'events:PutEvents',
    resources: (input: PutEventsInput) => [...new Set(entriesOf(input).map((entry) => busArn(busName(entry))))],
    conditionKeys: (input: PutEventsInput) => ({
      'events:source': values(input, 'Source'),
      'events:detail-type': values(input, 'DetailType'),
    }),
    handle(input: PutEventsInput) {
      const entries = entriesOf(input);
      if (entries.length < 1 || entries.length > MAX_ENTRIES) {
        throw new AwsError(
          'ValidationException',
          `1 validation error detected: 'entries' must have 1 to ${MAX_ENTRIES} members, got: ${entries.length}`,
        );
      }
      if (entries.reduce((sum, entry) => sum + entryBytes(entry), 0) >= MAX_REQUEST_BYTES) {
        throw new AwsError('ValidationException', 'Total size of the entries in the request is over the limit.');
      }
      const results = entries.map((entry) => put(entry, surroundings));
      return { FailedEntryCount: results.filter((result) => 'ErrorCode' in result).length, Entries: results };
    },
  } satisfies Operation & { conditionKeys: unknown };
}

/** The size of an entry, by AWS's rule: 14 bytes for a time, and the UTF-8 bytes of the rest. */
export function entryBytes({ Time, Source = '', DetailType = '', Detail = '', Resources = [] }: PutEventsEntry): number {
  const texts = [Source, DetailType, Detail, ...Resources];
  return (Time === undefined ? 0 : 14) + texts.reduce((sum, text) => sum + Buffer.byteLength(text), 0);
}

function put(entry: PutEventsEntry, { exists, publish, envelope, log }: PutEventsSurroundings) {
  const missing = (['Source', 'DetailType', 'Detail'] as const).find((member) => !entry[member]);
  if (missing) return failed('InvalidArgument', `Parameter ${missing} is not valid. Reason: ${missing} is a required argument.`);
  if (entry.Source!.startsWith('aws.')) return failed('NotAuthorizedForSourceException', 'Not authorized for the source.');
  let detail: unknown;
  try {
    detail = JSON.parse(entry.Detail!);
  } catch {
    return failed('MalformedDetail', 'Detail is malformed.');
  }
  if (typeof detail !== 'object' || detail === null || Array.isArray(detail))
    return failed('MalformedDetail', 'Detail is malformed.');
  const { now, ...rest } = envelope();
  const bus = busName(entry);
  if (!exists(bus)) {
    // AWS takes the event and drops it; that is hard to find, so it is said here.
    log(`event '${entry.DetailType}' was put to bus '${bus}', which is not in the template: dropped`);
    return { EventId: rest.id };
  }
  publish(bus, {
    ...rest,
    'detail-type': entry.DetailType!,
    source: entry.Source!,
    time: eventTime(timeOf(entry.Time) ?? now),
    resources: entry.Resources ?? [],
    detail,
  });
  return { EventId: rest.id };
}

/** By name or ARN; the default bus where there is none. */
function busName({ EventBusName = 'default' }: PutEventsEntry): string {
  return EventBusName.startsWith('arn:') ? EventBusName.slice(EventBusName.lastIndexOf('/') + 1) : EventBusName;
}

function timeOf(time: PutEventsEntry['Time']): number | undefined {
  if (time === undefined) return undefined;
  return typeof time === 'number' ? time * 1000 : new Date(time).getTime();
}

function failed(ErrorCode: string, ErrorMessage: string) {
  return { ErrorCode, ErrorMessage };
}
