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
body { max-width: 40rem; margin: 0 auto; padding: 0 1rem 3rem; }
header { display: flex; flex-wrap: wrap; gap: .5rem 1.5rem; align-items: center; padding: 1rem 0; border-bottom: 1px solid; }
header form { flex: 1; display: flex; gap: .5rem; }
input[type=search] { flex: 1; min-width: 8rem; }
button, input { font: inherit; padding: .3rem .6rem; }
input[type=number] { width: 4.5rem; }
ul.plain { list-style: none; padding: 0; }
li { padding: .2rem 0; }
.ratings { display: grid; grid-template-columns: max-content 1fr max-content; gap: .25rem .75rem; align-items: center; margin: 0; }
.ratings dd { display: contents; }
meter { width: 100%; }
table { width: 100%; border-collapse: collapse; }
th, td { padding: .5rem .25rem; text-align: right; border-bottom: 1px solid; }
th:first-child, td:first-child { text-align: left; }
td form { display: inline-flex; gap: .25rem; }
.scrolled { overflow-x: auto; }
[role=status] { padding: .75rem 1rem; border: 2px solid; border-radius: .25rem; }
.hidden { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
</style>
<header>
<a href="/cart">Cart</a>
<form action="/pages/search" role="search"><label class="hidden" for="q">Products whose name begins with</label>
<input id="q" name="q" type="search" required maxlength="200" placeholder="lamp"><button>Search</button></form>
</header>
<main>
${body}
</main>
</html>
`;
}

const stars = (count: number): string => `${count} ${count === 1 ? 'star' : 'stars'}`;

/** The page of a product: its price, how it is rated, and what was written of it last. */
export function renderProduct({ id, name, category, priceCents, reviews, ratings }: ProductWithReviews): string {
  const all = ratings.reduce((sum, { count }) => sum + count, 0);
  const rated = ratings.map(
    (rating) =>
      `<dt>${stars(rating.stars)}</dt><dd><meter max="${all}" value="${rating.count}" aria-label="${stars(rating.stars)}">` +
      `${rating.count} of ${all}</meter> <span>${rating.count}</span></dd>`,
  );
  const latest = reviews.map((review) => `<li><strong>${stars(review.stars)}</strong> ${text(review.text)}</li>`);
  return page(
    name,
    `<h1>${text(name)}</h1>
<p><strong>${price(priceCents)}</strong>, in ${text(category)}</p>
<form method="post" action="/cart"><input type="hidden" name="productId" value="${id}"><button name="add" value="1">Add to cart</button></form>
<h2>${all} ${all === 1 ? 'rating' : 'ratings'}</h2>
<dl class="ratings">${rated.join('\n')}</dl>
<h2>Latest reviews</h2>
${latest.length === 0 ? '<p>Nobody has written one yet.</p>' : `<ul class="plain">${latest.join('\n')}</ul>`}`,
  );
}

/** The page of a search. */
export function renderSearch(q: string, products: readonly Product[], cursor: string | undefined): string {
  const items = products.map(
    ({ id, name, priceCents }) => `<li><a href="/pages/products/${id}">${text(name)}</a>, ${price(priceCents)}</li>`,
  );
  const next =
    cursor && `<p><a href="/pages/search?q=${encodeURIComponent(q)}&amp;cursor=${encodeURIComponent(cursor)}">More</a></p>`;
  return page(
    `Search: ${q}`,
    `<h1>Products whose name begins with “${text(q)}”</h1>
${products.length === 0 ? '<p>There are none.</p>' : `<ul class="plain">${items.join('\n')}</ul>\n${next ?? ''}`}`,
  );
}

/** A line of a cart, as its page shows it. */
export interface ShownLine extends Pick<Product, 'id' | 'name' | 'priceCents'> {
  readonly quantity: number;
}

/** The page of a cart. @param message what became of the last order. */
export function renderCart(lines: readonly ShownLine[], message?: string): string {
  const rows = lines.map(
    ({ id, name, priceCents, quantity }) => `<tr>
<td><a href="/pages/products/${id}">${text(name)}</a></td><td>${price(priceCents)}</td>
<td><form method="post" action="/cart"><input type="hidden" name="productId" value="${id}">
<input name="quantity" type="number" min="0" max="100" required value="${quantity}" aria-label="Quantity of ${text(name)}"><button aria-label="Set the quantity of ${text(name)}">Set</button></form></td>
<td>${price(priceCents * quantity)}</td>
<td><form method="post" action="/cart"><input type="hidden" name="productId" value="${id}">
<button name="quantity" value="0" aria-label="Remove ${text(name)}">Remove</button></form></td>
</tr>`,
  );
  const total = lines.reduce((sum, { priceCents, quantity }) => sum + priceCents * quantity, 0);
  const body = `<div class="scrolled"><table>
<thead><tr><th scope="col">Product</th><th scope="col">Price</th><th scope="col">Quantity</th><th scope="col">Total</th><td></td></tr></thead>
<tbody>${rows.join('\n')}</tbody>
<tfoot><tr><th scope="row" colspan="3">In all</th><td>${price(total)}</td><td></td></tr></tfoot>
</table></div>
<form method="post" action="/cart/checkout"><button>Order for ${price(total)}</button></form>`;
  return page(
    'Cart',
    `<h1>Cart</h1>
${message ? `<p role="status">${text(message)}</p>` : ''}
${lines.length === 0 ? '<p>There is nothing in it.</p>' : body}
<h2>Sign in</h2>
<p>What is in this cart comes with you.</p>
<form method="post" action="/auth/login">
<label>Email <input name="email" type="email" autocomplete="username" required maxlength="200"></label>
<label>Password <input name="password" type="password" autocomplete="current-password" required maxlength="200"></label>
<button>Sign in</button>
</form>`,
  );
}
