/** Number of hash slots of a cluster. */
export const SLOTS = 16_384;

/** CRC-16/XMODEM of one byte. */
const TABLE = new Uint16Array(256);
for (let byte = 0; byte < TABLE.length; byte++) {
  let crc = byte << 8;
  for (let bit = 0; bit < 8; bit++) crc = crc & 0x8000 ? (crc << 1) ^ 0x1021 : crc << 1;
  TABLE[byte] = crc;
}

/**
 * Slot of an entry's name, which is ASCII without braces.
 *
 * @see https://redis.io/docs/latest/operate/oss_and_stack/reference/cluster-spec/ "Key distribution model"
 */
export function hashSlot(key: string): number {
  let crc = 0;
  for (let i = 0; i < key.length; i++) {
    crc = ((crc << 8) & 0xffff) ^ (TABLE[((crc >> 8) ^ key.charCodeAt(i)) & 0xff] as number);
  }
  return crc % SLOTS;
}

/** Slot of any name, in ASCII: that of what stands between its first braces, where there is something. */
export function slotOf(name: string): number {
  return hashSlot(/^[^{]*\{([^}]+)\}/.exec(name)?.[1] ?? name);
}

/**
 * Texts, one for each part into which the slots are divided, whose slots lie in it. Clusters of 1, 2, 3, 4, 6 and 12 shards,
 * which divide the slots evenly as is usual, have every part on one shard, but for a slot at its edge; the more parts, the more
 * has to be read, and purged to purge all.
 */
const TEXTS = '10 3 b 11 2 c 12 1 d 13 0 a'.split(' ');

/** Names of one thing for each part of the slots, by their part: each lies in a slot of its part. */
export function namesOfParts(name: string): readonly string[] {
  return TEXTS.map((text) => `${name}{${text}}`);
}

/** Element of the slot's part, of a list with one element for each. */
export function forPartOf<T>(slot: number, parts: readonly T[]): T {
  return parts[Math.floor((slot * TEXTS.length) / SLOTS)] as T;
}
