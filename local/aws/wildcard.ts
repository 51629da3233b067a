const cache = new Map<string, RegExp>();

/** Match of a text with an IAM pattern: `*` is any text, `?` any one character; everything else is itself. */
export function wildcard(pattern: string, text: string): boolean {
  if (pattern === '*') return true;
  let expression = cache.get(pattern);
  if (!expression) {
    const source = pattern
      .replace(/[.+^${}()|[\]\\]/g, '\\$&')
      .replace(/\*/g, '.*')
      .replace(/\?/g, '.');
    expression = new RegExp(`^${source}$`, 's');
    cache.set(pattern, expression);
  }
  return expression.test(text);
}

/** {@link wildcard} on the six parts of an ARN one by one, so that a `*` doesn't reach over a colon before the resource. */
export function arnWildcard(pattern: string, arn: string): boolean {
  if (pattern === '*') return true;
  const [patterns, parts] = [pattern, arn].map(partsOf) as [string[], string[]];
  return patterns.length === 6 && parts.length === 6 && patterns.every((part, index) => wildcard(part, parts[index]!));
}

function partsOf(arn: string): string[] {
  const parts = arn.split(':');
  return parts.length < 6 ? parts : [...parts.slice(0, 5), parts.slice(5).join(':')];
}
