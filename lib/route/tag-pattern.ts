import { PATH_OR_TAG_PARAMETER } from '.';

/** What `tagValue` makes of any text: no separator of a template is in it. */
const VALUE = "([a-z0-9%_.!~'()-]+)";

/** Text as it is, for a regular expression. */
export const literal = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

/** Matches the tags of a template, such as `product:{id}`, whose values it captures in their order. */
export function tagPattern(template: string): RegExp {
  // Parts of a split template are literal text and names of parameters in turn.
  const parts = template.split(PATH_OR_TAG_PARAMETER).map((part, index) => (index % 2 === 1 ? VALUE : literal(part)));
  return new RegExp(`^${parts.join('')}$`);
}
