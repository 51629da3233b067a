import type { Step, Tier } from './protocol';

/** One cache of a `Cache-Status` header. */
interface Member {
  readonly name: string;
  readonly parameters: ReadonlyMap<string, string>;
}

/** Tiers of a function, as it names them in the header. */
const FUNCTION_TIERS: readonly Tier[] = ['memory', 'shared'];

/** Texts for what a member's `detail` says. */
const DETAILS: ReadonlyMap<string, string> = new Map([
  ['fill-rejected', 'loaded; not stored, because a purge or another load came in between'],
  ['shared-unavailable', 'the shared tier could not answer'],
  ['lease-wait', "another request's load took too long to wait for"],
  ['write-intent', 'somebody is about to write the key'],
  ['unfillable', 'loaded; not stored, because the source could not say that it is recent enough'],
  ['unpredicted-tags', 'loaded; not stored, because the loader named other tags each time'],
  ['too-old', 'loaded; not stored, because it is made from a value older than a purge'],
  ['too-large', 'loaded; not stored, because it is larger than the limit'],
  ['load-failed', 'the load failed, so that a stale value was served'],
]);

/**
 * Members of the header, in its order: the cache that is nearest to the origin first.
 * @see https://www.rfc-editor.org/rfc/rfc9211#section-2
 */
function members(header: string): Member[] {
  return split(header, ',').flatMap((member) => {
    const [name = '', ...parameters] = split(member, ';').map((part) => part.trim());
    if (name === '') return [];
    const pairs = parameters.map((parameter): [string, string] => {
      const mark = parameter.indexOf('=');
      return mark < 0 ? [parameter, ''] : [parameter.slice(0, mark), unquoted(parameter.slice(mark + 1))];
    });
    return [{ name: unquoted(name), parameters: new Map(pairs) }];
  });
}

/** Parts between separators that are in no quoted text. */
function split(text: string, separator: ',' | ';'): string[] {
  const parts = text.match(separator === ',' ? /(?:"(?:[^"\\]|\\.)*"|[^,"])+/g : /(?:"(?:[^"\\]|\\.)*"|[^;"])+/g);
  return parts ?? [];
}

const unquoted = (text: string): string => (text.startsWith('"') ? text.slice(1, -1).replace(/\\(.)/g, '$1') : text);

/**
 * Steps within a function, from memory inwards, and the tier that had the value; undefined where the header says nothing of it.
 */
export function functionTiers(header: string | undefined): { readonly tier: Tier; readonly steps: readonly Step[] } | undefined {
  if (header === undefined) return undefined;
  const known = new Map(members(header).map((member) => [member.name, member]));
  const steps: Step[] = [];
  for (const at of FUNCTION_TIERS) {
    const member = known.get(at);
    if (!member) continue;
    const step = stepOf(at, member);
    steps.push(step);
    if (step.outcome === 'hit' || step.outcome === 'stale') return { tier: at, steps };
  }
  if (steps.length === 0) return undefined;
  return { tier: 'database', steps: [...steps, { at: 'database', outcome: 'hit', why: 'the system of record' }] };
}

function stepOf(at: Tier, { parameters }: Member): Step {
  const detail = parameters.get('detail');
  const ttl = Number(parameters.get('ttl') ?? 0);
  const reasons = [
    detail === undefined ? undefined : (DETAILS.get(detail) ?? detail),
    parameters.has('stored') ? 'stored what was loaded' : undefined,
    parameters.has('collapsed') ? "shared another request's read" : undefined,
  ].filter((reason) => reason !== undefined);
  if (parameters.has('hit')) {
    if (ttl < 0) return { at, outcome: 'stale', why: reasons.join('; ') || 'past its freshness' };
    return { at, outcome: 'hit', why: [`fresh for ${ttl} s`, ...reasons].join('; ') };
  }
  const outcome = parameters.get('fwd') === 'bypass' ? 'bypass' : 'miss';
  return { at, outcome, ...(reasons.length > 0 && { why: reasons.join('; ') }) };
}
