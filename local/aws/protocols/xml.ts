import { own } from '../../own';
import { escapeText } from '../../xml-text';

/** Spelling of lists and maps, by their names. */
export interface XmlNames {
  /** Element of a list's members, where it isn't `member`. */
  readonly members: Readonly<Record<string, string>>;
  /** Element of each member of a list that has no element of its own. */
  readonly flattened?: Readonly<Record<string, string>>;
  /** Element of each entry of a map, which has a `Name` and a `Value`, and no element of its own. */
  readonly maps?: Readonly<Record<string, string>>;
}

/** An element and everything below it. Times are ISO 8601; members without a value are left out. */
export function element(name: string, value: unknown, names: XmlNames): string {
  if (value === undefined || value === null) return '';
  const flattened = own(names.flattened, name);
  if (flattened !== undefined && Array.isArray(value)) return value.map((item) => element(flattened, item, names)).join('');
  const entry = own(names.maps, name);
  if (entry !== undefined) {
    return Object.entries(value)
      .map(([Name, Value]) => element(entry, { Name, Value }, names))
      .join('');
  }
  return `<${name}>${content(name, value, names)}</${name}>`;
}

function content(name: string, value: unknown, names: XmlNames): string {
  if (value instanceof Date) return value.toISOString();
  if (Array.isArray(value)) return value.map((item) => element(own(names.members, name) ?? 'member', item, names)).join('');
  if (typeof value === 'object' && value !== null) {
    return Object.entries(value)
      .map(([key, member]) => element(key, member, names))
      .join('');
  }
  return escapeText(String(value));
}

/** The body of an error, in which the Query and the REST-XML protocols agree. */
export function errorResponse(code: string, message: string, statusCode: number, requestId: string, namespace: string): string {
  const type = statusCode < 500 ? 'Sender' : 'Receiver';
  const error = `<Error><Type>${type}</Type><Code>${escapeText(code)}</Code><Message>${escapeText(message)}</Message></Error>`;
  return `<?xml version="1.0"?><ErrorResponse xmlns="${namespace}">${error}<RequestId>${requestId}</RequestId></ErrorResponse>`;
}
