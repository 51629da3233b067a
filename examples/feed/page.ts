import type { Post } from './people';

const ESCAPES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };
const text = (value: string): string => value.replace(/[&<>"']/g, (character) => ESCAPES[character] as string);

const STYLE = `:root { color-scheme: light dark; font: 1rem/1.5 system-ui, sans-serif }
body { max-width: 40rem; margin: 2rem auto; padding: 0 1rem; overflow-wrap: break-word }
article { border-top: 1px solid color-mix(in srgb, currentColor 20%, transparent); padding: .75rem 0 }
h2 { font-size: 1rem; margin: 0 } p { margin: .25rem 0 } time { opacity: .75 } nav { padding: 1rem 0 }`;

/** The page of a timeline. */
export function renderFeed({ person, posts, cursor }: { person: string; posts: readonly Post[]; cursor?: string }): string {
  const articles = posts.map(({ author, name, text: words, at }) => {
    const time = new Date(at).toISOString();
    return `    <article>
      <h2><a href="/pages/people/${author}">${text(name)}</a></h2>
      <p>${text(words)}</p>
      <time datetime="${time}">${time.slice(0, 16).replace('T', ' ')} UTC</time>
    </article>`;
  });
  const older = cursor ? `\n    <nav><a href="?cursor=${encodeURIComponent(cursor)}">Older posts</a></nav>` : '';
  return `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>Feed of person ${person}</title>
    <style>${STYLE}</style>
  </head>
  <body>
  <main>
    <h1>Feed of person ${person}</h1>
${articles.join('\n') || '    <p>Nothing yet: whoever follows somebody sees their posts here.</p>'}${older}
  </main>
  </body>
</html>
`;
}
