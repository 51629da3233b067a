/** Element names of the members of a list, by the list's name, where it isn't `member`. */
export type MemberNames = Readonly<Record<string, string>>;

/** An element and everything below it. Times are ISO 8601; members without a value are left out. */
export function element(name: string, value: unknown, members: MemberNames): string {
  if (value === undefined || value === null) return '';
  return `<${name}>${content(name, value, members)}</${name}>`;
}

function content(name: string, value: unknown, members: MemberNames): string {
  if (value instanceof Date) return value.toISOString();
  if (Array.isArray(value)) return value.map((item) => element(members[name] ?? 'member', item, members)).join('');
  if (typeof value === 'object' && value !== null) {
    return Object.entries(value)
      .map(([key, member]) => element(key, member, members))
      .join('');
  }
  return escapeText(String(value));
}

/** Text between two tags. */
export function escapeText(text: string): string {
  return text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;').replace(/"/g, '&quot;');
}

/** The body of an error, in which the Query and the REST-XML protocols agree. */
export function errorResponse(code: string, message: string, statusCode: number, requestId: string, namespace: string): string {
  const type = statusCode < 500 ? 'Sender' : 'Receiver';
  const error = `<Error><Type>${type}</Type><Code>${escapeText(code)}</Code><Message>${escapeText(message)}</Message></Error>`;
  return `<?xml version="1.0"?><ErrorResponse xmlns="${namespace}">${error}<RequestId>${requestId}</RequestId></ErrorResponse>`;
}
