import type { Product, ProductWithReviews } from './products';

const ESCAPES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };
const text = (value: string): string => value.replace(/[&<>"']/g, (character) => ESCAPES[character] as string);
const price = (cents: number): string => `${(cents / 100).toFixed(2)} EUR`;

function page(title: string, body: string, q = ''): string {
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="data:,">
<title>${text(title)}</title>
<style>
:root { color-scheme: light dark; font: 1rem/1.5 system-ui, sans-serif; }
body { max-width: 40rem; margin: 0 auto; padding: 0 1rem 3rem; }
header { display: flex; flex-wrap: wrap; gap: .5rem 1.5rem; align-items: center; padding: 1rem 0; border-bottom: 1px solid; }
header form { flex: 1; display: flex; gap: .5rem; }
input[type=search] { flex: 1; min-width: 8rem; }
button, input { font: inherit; padding: .3rem .6rem; }
input[type=number] { width: 4.5rem; }
h1 { font-size: 1.6rem; }
h2 { font-size: 1.25rem; margin-top: 2rem; }
ul { list-style: none; padding: 0; }
li { padding: .2rem 0; }
.ratings { display: grid; grid-template-columns: max-content 1fr max-content; gap: .25rem .75rem; align-items: center; margin: 0; }
.ratings dd { display: contents; }
meter { width: 100%; }
.lines li { display: flex; flex-wrap: wrap; gap: .5rem 1rem; align-items: center; padding: .75rem 0; border-bottom: 1px solid; }
.lines a { flex: 1 1 10rem; }
.fields { display: grid; gap: .75rem; max-width: 20rem; }
.fields label { display: grid; }
[role=status] { padding: .75rem 1rem; border: 2px solid; border-radius: .25rem; }
.hidden { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
</style>
<header>
<a href="/cart">Cart</a>
<form action="/pages/search" role="search"><label class="hidden" for="q">Products whose name begins with</label>
<input id="q" name="q" type="search" required maxlength="200" value="${text(q)}"> <button>Search</button></form>
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
${latest.length === 0 ? '<p>Nobody has written one yet.</p>' : `<ul>${latest.join('\n')}</ul>`}`,
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
    `<h1>Names that begin with “${text(q)}”</h1>
${products.length === 0 ? '<p>There are none.</p>' : `<ul>${items.join('\n')}</ul>\n${next ?? ''}`}`,
    q,
  );
}

/** A line of a cart, as its page shows it. */
export interface ShownLine extends Pick<Product, 'id' | 'name' | 'priceCents'> {
  readonly quantity: number;
}

const SIGN_IN = `<h2>Sign in</h2>
<p>What is in this cart comes with you.</p>
<form method="post" action="/auth/login" class="fields">
<label>Email <input name="email" type="email" autocomplete="username" required maxlength="200"></label>
<label>Password <input name="password" type="password" autocomplete="current-password" required maxlength="200"></label>
<button>Sign in</button>
</form>`;

/**
 * The page of a cart.
 *
 * @param customer name of whoever has signed in.
 * @param message what became of an order.
 */
export function renderCart(lines: readonly ShownLine[], customer?: string, message?: string): string {
  const items = lines.map(({ id, name, priceCents, quantity }) => {
    const form = `<form method="post" action="/cart"><input type="hidden" name="productId" value="${id}">`;
    const of = `<span class="hidden">of ${text(name)}</span>`;
    return `<li><a href="/pages/products/${id}">${text(name)}</a> <span>${price(priceCents)}</span>
${form}<label>Quantity ${of} <input name="quantity" type="number" min="0" max="100" required value="${quantity}"></label> <button>Set ${of}</button></form>
${form}<button name="quantity" value="0">Remove <span class="hidden">${text(name)}</span></button></form></li>`;
  });
  const total = price(lines.reduce((sum, { priceCents, quantity }) => sum + priceCents * quantity, 0));
  const order = `<ul class="lines">${items.join('\n')}</ul>
<form method="post" action="/cart/checkout"><button>Order for ${total}</button></form>`;
  const signOut = `<form method="post" action="/auth/logout"><p>You are ${text(customer ?? '')}. <button>Sign out</button></p></form>`;
  return page(
    'Cart',
    `<h1>Cart</h1>
${message ? `<p role="status">${text(message)}</p>` : ''}
${lines.length === 0 ? '<p>There is nothing in it.</p>' : order}
${customer === undefined ? SIGN_IN : signOut}`,
  );
}
