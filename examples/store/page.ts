import type { Product, ProductWithReviews } from './products';

const ESCAPES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };
const text = (value: string): string => value.replace(/[&<>"']/g, (character) => ESCAPES[character] as string);
const price = (cents: number): string => `${(cents / 100).toFixed(2)} EUR`;

function page(title: string, body: string): string {
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${text(title)}</title>
<style>
:root { color-scheme: light dark; font: 1rem/1.5 system-ui, sans-serif; }
body { max-width: 40rem; margin: 2rem auto; padding: 0 1rem; }
meter { width: 10rem; }
</style>
<nav><a href="/pages/search?q=lamp">Search</a></nav>
<main>
${body}
</main>
</html>
`;
}

/** The page of a product: its price, how it is rated, and what was written of it last. */
export function renderProduct({ name, category, priceCents, reviews, ratings }: ProductWithReviews): string {
  const all = ratings.reduce((sum, { count }) => sum + count, 0);
  const stars = ratings.map(
    ({ stars, count }) => `<li>${stars} stars: <meter max="${all}" value="${count}">${count}</meter> ${count}</li>`,
  );
  const latest = reviews.map((review) => `<li>${review.stars} of 5: ${text(review.text)}</li>`);
  return page(
    name,
    `<h1>${text(name)}</h1>
<p>${price(priceCents)}, in <a href="/products?category=${encodeURIComponent(category)}">${text(category)}</a></p>
<h2>${all} ratings</h2>
<ul>${stars.join('\n')}</ul>
<h2>Latest reviews</h2>
<ol>${latest.join('\n')}</ol>`,
  );
}

/** The page of a search. */
export function renderSearch(q: string, products: readonly Product[], cursor: string | undefined): string {
  const items = products.map(
    ({ id, name, priceCents }) => `<li><a href="/pages/products/${id}">${text(name)}</a>, ${price(priceCents)}</li>`,
  );
  const next = cursor && `<a href="/pages/search?q=${encodeURIComponent(q)}&amp;cursor=${encodeURIComponent(cursor)}">More</a>`;
  return page(
    `Search: ${q}`,
    `<h1>Search</h1>
<form><label>Name begins with <input name="q" type="search" required maxlength="200" value="${text(q)}"></label> <button>Search</button></form>
<ol>${items.join('\n')}</ol>
${products.length === 0 ? '<p>Nothing begins with that.</p>' : (next ?? '')}`,
  );
}
