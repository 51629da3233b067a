/**
 * Names of keys and channels in Redis. Braces hold what decides the slot, so that the keys of one entry share a slot. A namespace
 * is that of a store: it begins every name.
 */

/** Key of an entry's value. */
export const valueKey = (namespace: string, entryName: string): string => `${namespace}:v:{${entryName}}`;

/** Keys of an entry: its value, and its fence. */
export const entryKeys = (namespace: string, entryName: string): [value: string, fence: string] => [
  valueKey(namespace, entryName),
  `${namespace}:f:{${entryName}}`,
];

/** What only the key of a fence has. */
export const FENCE_MARK = ':f:{';

/** Key of the fence beside the key of a value; a key of another kind as it is. */
export const fenceBeside = (key: string): string => key.replace(':v:{', FENCE_MARK);

/** Key of a tag. */
export const tagKey = (namespace: string, tag: string): string => `${namespace}:t:${tag}`;

/** Key of a slot's stream of queued writes. `slotName` is a text whose slot it is. */
export const streamKey = (namespace: string, slotName: string): string => `${namespace}:q:{${slotName}}`;

/** Begin of the keys of the sets of slots that have queued writes. */
export const queuedSlotsKey = (namespace: string): string => `${namespace}:q:slots`;

/** Name of a channel on which purges are published. */
export const channelName = (namespace: string, channel: number): string => `${namespace}:bus:{${channel}}`;
