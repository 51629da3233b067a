/** Undoes percent-encoding; text that isn't validly encoded is taken as it is. */
export function decodePart(text: string): string {
  return decoded(text) ?? text;
}

/** True where each percent sign of a text belongs to an escape, and the escapes are UTF-8. */
export function isEncoded(text: string): boolean {
  return decoded(text) !== undefined;
}

function decoded(text: string): string | undefined {
  if (!text.includes('%')) return text;
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
