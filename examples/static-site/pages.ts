import { type City, slugOf } from './cities';

/** URLs of the assets that pages use, which carry a hash of their content. */
export interface Assets {
  readonly style: string;
  readonly script: string;
  /** Pictures, of which each city has one. */
  readonly pictures: readonly string[];
}

const ESCAPES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
const text = (value: string): string => value.replace(/[&<>"]/g, (character) => ESCAPES[character] as string);

function page(title: string, assets: Assets, body: string): string {
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${text(title)}</title>
<link rel="stylesheet" href="${assets.style}">
<main>
${body}
</main>
</html>
`;
}

/** The first page: every city, by its country. */
export function renderIndex(cities: readonly City[], assets: Assets): string {
  const countries = [...new Set(cities.map(({ country }) => country))].sort();
  const items = countries.map((country) => {
    const links = cities
      .filter((city) => city.country === country)
      .map((city) => `<a href="/cities/${slugOf(city)}/">${text(city.name)}</a>`);
    return `<dt>${text(country)}</dt>\n<dd>${links.join(' · ')}</dd>`;
  });
  return page('Cities', assets, `<h1>Cities</h1>\n<dl>\n${items.join('\n')}\n</dl>`);
}

/** The page of a city, with a note that its script reads and changes by the API. */
export function renderCity(city: City, assets: Assets): string {
  const picture = assets.pictures[city.id % Math.max(assets.pictures.length, 1)];
  return page(
    city.name,
    assets,
    `<p><a href="/">All cities</a></p>
<h1>${text(city.name)}</h1>
${picture === undefined ? '' : `<img src="${picture}" alt="" width="160" height="90">\n`}<p>${text(city.country)}, about ${city.population.toLocaleString('en')} people.</p>
<form data-note="${city.id}">
<label for="note">Note</label>
<textarea id="note" name="note" maxlength="200" rows="3"></textarea>
<button>Save</button>
<output aria-live="polite"></output>
</form>
<script src="${assets.script}" defer></script>`,
  );
}

/** The style sheet of every page. */
export const STYLE = `:root { color-scheme: light dark; font: 1rem/1.5 system-ui, sans-serif; }
main { max-width: 40rem; margin: 2rem auto; padding: 0 1rem; }
dt { font-weight: 600; margin-top: 0.75rem; }
dd { margin: 0; }
form { display: grid; gap: 0.5rem; justify-items: start; }
textarea { width: 100%; box-sizing: border-box; font: inherit; }
`;

/** The script of a city's page. */
export const SCRIPT = `const form = document.querySelector('form[data-note]');
const url = '/api/notes/' + form.dataset.note;
const said = form.querySelector('output');
fetch(url).then(async (response) => {
  if (response.ok) form.note.value = (await response.json()).text;
});
form.addEventListener('submit', async (event) => {
  event.preventDefault();
  const headers = { 'content-type': 'application/json' };
  const response = await fetch(url, { method: 'PUT', headers, body: JSON.stringify({ text: form.note.value }) });
  said.textContent = response.ok ? 'Saved; everybody sees it in about 10 s.' : 'Not saved: ' + response.status;
});
`;

/** A picture, different by its number. */
export function renderPicture(number: number): string {
  const hue = (number * 47) % 360;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 160 90">
<rect width="160" height="90" fill="hsl(${hue} 60% 85%)"/>
<path d="M0 90 L${30 + (number % 20)} 40 L70 70 L${100 + (number % 30)} 30 L160 90 Z" fill="hsl(${hue} 40% 45%)"/>
</svg>
`;
}
