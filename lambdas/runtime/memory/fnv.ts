/** Offset basis of FNV-1a. */
export const FNV_SEED = 0x811c9dc5;

/** FNV-1a hash of a text's UTF-16 units, as a signed 32-bit number: quick, and good enough where a collision costs a little. */
export function fnv(text: string, seed = FNV_SEED): number {
  let hash = seed;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return hash;
}
