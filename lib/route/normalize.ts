/**
 * Rule that gives texts which mean the same one spelling, and so one key: `trim` leaves out white space at both ends;
 * `collapse-spaces` makes one blank of all white space in between; `lowercase` is Unicode's, of no language in particular;
 * `unicode` is Unicode's normalization form C; `sort-list` is for a list with commas in between, whose order and repetitions make
 * no difference, and to whose items the other rules apply.
 */
export type NormalizeRule = 'trim' | 'collapse-spaces' | 'lowercase' | 'unicode' | 'sort-list';

const RULES: readonly NormalizeRule[] = ['trim', 'collapse-spaces', 'lowercase', 'unicode', 'sort-list'];

/** The one spelling of a text. It makes no difference in which order the rules are given, nor if they are applied again. */
export function normalizedText(text: string, rules: readonly NormalizeRule[]): string {
  if (rules.includes('sort-list')) {
    const others = rules.filter((rule) => rule !== 'sort-list');
    return [...new Set(text.split(',').map((item) => normalizedText(item, others)))].sort().join(',');
  }
  const has = (rule: NormalizeRule): boolean => rules.includes(rule);
  const composed = (part: string): string => (has('unicode') ? part.normalize('NFC') : part);
  let result = composed(text);
  // Composed again after it is in lower case, which takes some letters apart.
  if (has('lowercase')) result = composed(result.toLowerCase());
  if (has('collapse-spaces')) result = result.replace(/\s+/gu, ' ');
  return has('trim') ? result.trim() : result;
}

/** Checks the rules of a route's query strings. @param fail throws. */
export function checkNormalize(
  query: Readonly<Record<string, { readonly default?: string; readonly normalize?: readonly NormalizeRule[] }>>,
  fail: (property: string, rule: string, got: unknown) => never,
): void {
  for (const [name, { normalize, default: fallback }] of Object.entries(query)) {
    if (normalize === undefined) continue;
    const property = `query.${name}.normalize`;
    const isList = Array.isArray(normalize) && normalize.length > 0 && normalize.every((rule) => RULES.includes(rule));
    if (!isList || new Set(normalize).size < normalize.length) {
      fail(property, `must be a list of ${RULES.join(', ')}, each at most once; leave it out for none`, normalize);
    }
    if (fallback === undefined) continue;
    const spelling = normalizedText(fallback, normalize);
    if (spelling !== fallback) {
      fail(`query.${name}.default`, `must be in the spelling of its rules, '${spelling}', which is that of keys`, fallback);
    }
  }
}
