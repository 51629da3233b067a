/** Text of a key in an error; a long one is cut. */
export function shown(key: string): string {
  return key.length > 80 ? `${key.slice(0, 80)}...` : key;
}

/** Text of any argument in an error. */
export function got(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(shown(value));
  if (value === Object(value)) return Array.isArray(value) ? 'an array' : `a ${typeof value}`;
  return String(value);
}
