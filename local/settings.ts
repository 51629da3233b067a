import type { ProductSettings } from './products';

/** Type of a setting's value. */
type Kind = 'whole number' | 'number' | 'probability' | 'flag';

/** Settings that `--set` takes, with their types: those that the pages of differences name. */
export const SETTINGS: Readonly<Record<string, Kind>> = {
  'edge.maxBytes': 'whole number',
  'edge.originLatencyMs': 'number',
  'edge.invalidation.effectiveMs': 'number',
  'edge.invalidation.completedMs': 'number',
  'gateway.flushDelayMilliseconds': 'number',
  'lambda.accountConcurrency': 'whole number',
  'lambda.startsAtOnce': 'whole number',
  'lambda.freeze': 'flag',
  'lambda.idleMilliseconds': 'number',
  'lambda.connectTimeoutMilliseconds': 'number',
  'events.latencyMs': 'number',
  'events.duplicateProbability': 'probability',
  'events.reorder': 'flag',
  'queues.reorderProbability': 'probability',
  'endpoint.hangMilliseconds': 'number',
};

const RULES: Readonly<Record<Kind, string>> = {
  'whole number': 'a whole number of at least 1',
  number: 'a number of at least 0',
  probability: 'a number from 0 to 1',
  flag: 'true or false',
};

/** Settings of `--set NAME=VALUE`. @throws {Error} on a name or a value that isn't one. */
export function parseSettings(options: readonly string[]): ProductSettings {
  const settings = new Map<string, unknown>();
  for (const option of options) {
    const [name = '', ...rest] = option.split('=');
    const text = rest.join('=');
    const kind = Object.hasOwn(SETTINGS, name) ? SETTINGS[name]! : undefined;
    if (kind === undefined) throw new Error(`'--set' must name one of ${Object.keys(SETTINGS).join(', ')}, got: '${name}'`);
    const value = parseValue(text, kind);
    if (value === undefined) throw new Error(`'--set ${name}' must be ${RULES[kind]}, got: '${text}'`);
    settings.set(name, value);
  }
  return nested(settings);
}

function parseValue(text: string, kind: Kind): number | boolean | undefined {
  if (kind === 'flag') return text === 'true' ? true : text === 'false' ? false : undefined;
  const number = Number(text);
  if (text.trim() === '' || !Number.isFinite(number) || number < 0) return undefined;
  if (kind === 'whole number') return Number.isInteger(number) && number >= 1 ? number : undefined;
  return kind === 'probability' && number > 1 ? undefined : number;
}

/** `a.b` of a map as member `b` of an object `a`. */
function nested(settings: ReadonlyMap<string, unknown>): Record<string, unknown> {
  const heads = [...new Set([...settings.keys()].map((name) => name.split('.')[0]!))];
  return Object.fromEntries(
    heads.map((head) => {
      if (settings.has(head)) return [head, settings.get(head)];
      const below = [...settings].filter(([name]) => name.startsWith(`${head}.`));
      return [head, nested(new Map(below.map(([name, value]) => [name.slice(head.length + 1), value])))];
    }),
  );
}
