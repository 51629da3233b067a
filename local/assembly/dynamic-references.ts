import { AssemblyError } from './errors';
import { isObject } from './template';

/** Source of the values of dynamic references to secrets. */
export interface SecretStore {
  /** The secret's text. @param secretId its ARN or name. */
  value(secretId: string): string;
}

const DYNAMIC_REFERENCE = /\{\{resolve:([^}]*)\}\}/g;

/** `secretsmanager:<arn or name>:SecretString:<key>:<version stage>:<version id>`; an ARN has six colons of its own. */
const SECRET =
  /^secretsmanager:(arn:[^:]*:secretsmanager:[^:]*:[^:]*:secret:[^:]*|[^:]*)(?::SecretString(?::([^:]*))?(?::[^:]*){0,2})?$/;

/**
 * A resolved value with every `{{resolve:...}}` in its texts replaced.
 * @throws {AssemblyError} of any kind but `secretsmanager`.
 */
export function replaceDynamicReferences(value: unknown, secrets: SecretStore): unknown {
  if (typeof value === 'string') {
    return value.replace(DYNAMIC_REFERENCE, (_, reference: string) => secretOf(reference, secrets));
  }
  if (Array.isArray(value)) return value.map((item) => replaceDynamicReferences(item, secrets));
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, replaceDynamicReferences(item, secrets)]));
  }
  return value;
}

function secretOf(reference: string, secrets: SecretStore): string {
  const match = SECRET.exec(reference);
  if (!match) throw new AssemblyError(`dynamic reference '${reference}' is not known here, only secretsmanager`);
  const [, id, key] = match;
  const secret = secrets.value(id!);
  if (!key) return secret;
  const fields = fieldsOf(secret, id!);
  if (!Object.hasOwn(fields, key)) throw new AssemblyError(`secret '${id}' has no key '${key}'`);
  return String(fields[key]);
}

/** The parser's own message would quote the secret. */
function fieldsOf(secret: string, id: string): Record<string, unknown> {
  try {
    const fields: unknown = JSON.parse(secret);
    if (isObject(fields)) return fields;
  } catch {}
  throw new AssemblyError(`secret '${id}' must be a JSON object, since one of its keys is read`);
}
