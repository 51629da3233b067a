import type { Product } from './products';

const ESCAPES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };
const text = (value: string): string => value.replace(/[&<>"']/g, (character) => ESCAPES[character] as string);

/** The page of a product. */
export function renderProduct({ name, category, priceCents }: Product): string {
  return `<!doctype html>
<html lang="en">
  <meta charset="utf-8">
  <title>${text(name)}</title>
  <h1>${text(name)}</h1>
  <p>${(priceCents / 100).toFixed(2)} EUR, in <a href="/products?category=${encodeURIComponent(category)}">${text(category)}</a></p>
</html>
`;
}
