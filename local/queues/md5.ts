import { createHash } from 'node:crypto';

/** A message attribute as SQS's API has it. */
export interface MessageAttribute {
  readonly DataType: string;
  readonly StringValue?: string;
  /** Bytes, or base64 as it comes over the wire. */
  readonly BinaryValue?: Uint8Array | string;
}

export type MessageAttributes = Readonly<Record<string, MessageAttribute>>;

/** Digest of a body in hex; clients check it. */
export function bodyMd5(body: string): string {
  return createHash('md5').update(body, 'utf8').digest('hex');
}

/**
 * Digest of message attributes, by SQS's own encoding: sorted by name; each part behind its length in four bytes; 1 for text, 2
 * for bytes.
 */
export function attributesMd5(attributes: MessageAttributes): string {
  const hash = createHash('md5');
  const part = (bytes: Uint8Array) => {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(bytes.length);
    hash.update(length).update(bytes);
  };
  for (const name of Object.keys(attributes).sort()) {
    const { DataType, StringValue, BinaryValue } = attributes[name]!;
    part(Buffer.from(name));
    part(Buffer.from(DataType));
    hash.update(Buffer.from([DataType.startsWith('Binary') ? 2 : 1]));
    part(DataType.startsWith('Binary') ? bytesOf(BinaryValue) : Buffer.from(StringValue ?? ''));
  }
  return hash.digest('hex');
}

/** Bytes that the attributes add to the size of a message. */
export function attributesBytes(attributes: MessageAttributes): number {
  return Object.entries(attributes).reduce(
    (sum, [name, { DataType, StringValue, BinaryValue }]) =>
      sum +
      Buffer.byteLength(name) +
      Buffer.byteLength(DataType) +
      (BinaryValue ? bytesOf(BinaryValue).length : Buffer.byteLength(StringValue ?? '')),
    0,
  );
}

function bytesOf(value: Uint8Array | string | undefined): Uint8Array {
  return typeof value === 'string' ? Buffer.from(value, 'base64') : (value ?? Buffer.alloc(0));
}
