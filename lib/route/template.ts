/**
 * Grammar of the templates of paths and tags: text with parameters in braces, such as `/products/{id}` and `product:{id}`. It is
 * spelt here alone, for what fills templates and for what matches texts against them.
 */

const PARAMETER = /\{([A-Za-z][A-Za-z0-9]*)\}/g;

/** Value of a parameter in a path: one segment. */
const PATH_VALUE = '[^/]+';

/** Value of a parameter in a tag: what `tagValue` makes of any text, so that no separator of a template is in it. */
const TAG_VALUE = "[a-z0-9%_.!~'()-]+";

/** Values by the name of their parameter. */
export type TemplateValues = Readonly<Record<string, string>>;

/**
 * Match of a text against a template.
 *
 * @returns the values of its parameters, or undefined where the text isn't of the template.
 */
export type TemplateMatcher = (text: string) => TemplateValues | undefined;

/** @returns the names in braces of a path or tag template, in order. */
export function templateParameters(template: string): string[] {
  return [...template.matchAll(PARAMETER)].map((match) => match[1] as string);
}

/** Fills a template. @returns undefined where a parameter has no value. */
export function fillTemplate(template: string, lookUp: (name: string) => string | undefined): string | undefined {
  let complete = true;
  const text = template.replace(PARAMETER, (_, name: string) => {
    const value = lookUp(name);
    if (value === undefined) complete = false;
    return value ?? '';
  });
  return complete ? text : undefined;
}

/** Matcher of request paths; values are as they are in the path, percent-encoded. */
export const pathMatcher = (template: string): TemplateMatcher => matcher(template, PATH_VALUE);

/** Matcher of tags; values are as they are in the tag, percent-encoded and in lower case. */
export const tagMatcher = (template: string): TemplateMatcher => matcher(template, TAG_VALUE);

function matcher(template: string, value: string): TemplateMatcher {
  const seen = new Set<string>();
  // Parts of a split template are literal text and names of parameters in turn.
  const parts = template.split(PARAMETER).map((part, index) => {
    if (index % 2 === 0) return part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
    if (seen.has(part)) return `\\k<${part}>`;
    seen.add(part);
    return `(?<${part}>${value})`;
  });
  const pattern = new RegExp(`^${parts.join('')}$`);
  return (text) => {
    const match = pattern.exec(text);
    return match ? { ...match.groups } : undefined;
  };
}
