import { AwsError, type Members, type Shape } from '../../types';

/** Part of a form: the value of a name, or what stands below it after a dot. */
interface FormNode {
  value?: string;
  readonly below: Map<string, FormNode>;
}

/** Deepest name of a form. The deepest of a real one has 6 parts: `Entry.1.MessageAttribute.1.Value.StringValue`. */
const MAX_DEPTH = 16;

/** Input from the form of the Query protocol, in which lists and maps are spelt with numbers: `Name.1`, or `Name.member.1`. */
export function inputOfForm(form: URLSearchParams, members: Members): unknown {
  const root: FormNode = { below: new Map() };
  for (const [name, value] of form) {
    const parts = name.split('.', MAX_DEPTH + 1);
    if (parts.length > MAX_DEPTH) throw new AwsError('MalformedInput', `a name has more than ${MAX_DEPTH} parts`);
    let node = root;
    for (const part of parts) {
      const next: FormNode = node.below.get(part) ?? { below: new Map() };
      node.below.set(part, next);
      node = next;
    }
    node.value = value;
  }
  return structure(root, members);
}

function structure(node: FormNode, members: Members): unknown {
  return Object.fromEntries(
    Object.entries(members).flatMap(([name, shape]): [string, unknown][] => {
      const member = typeof shape === 'object' && 'member' in shape ? shape.member : undefined;
      const found = node.below.get(name) ?? (member === undefined ? undefined : node.below.get(member));
      return found ? [[name, read(found, shape)]] : [];
    }),
  );
}

function read(node: FormNode, shape: Shape): unknown {
  if (typeof shape === 'string') return node.value;
  if ('structure' in shape) return structure(node, shape.structure);
  if ('list' in shape) return items(node).map((item) => read(item, shape.list));
  return Object.fromEntries(
    items(node).map((entry) => {
      const part = (name: string) => entry.below.get(name) ?? entry.below.get(name.toLowerCase());
      const value = part('Value');
      return [part('Name')?.value ?? entry.below.get('key')?.value ?? '', value && read(value, shape.map)];
    }),
  );
}

/** Parts with numbers for names, in order; also one level further down, where lists aren't flattened. */
function items(node: FormNode): FormNode[] {
  const [only] = node.below.values();
  const numbered = isNumbered(node) ? node : node.below.size === 1 && isNumbered(only!) ? only! : undefined;
  return [...(numbered?.below ?? [])].sort(([a], [b]) => Number(a) - Number(b)).map(([, item]) => item);
}

function isNumbered({ below }: FormNode): boolean {
  return below.size > 0 && [...below.keys()].every((name) => /^\d{1,9}$/.test(name));
}
