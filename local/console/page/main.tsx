import { render } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import './page.css';
import './narrow.css';
import { Entries } from './entries';
import { Faults } from './faults';
import { Live } from './live';
import { Logs } from './logs';
import { Purges } from './purges';
import { Queues } from './queues';
import { connect, useLive, type ViewProps } from './store';

/** Views by their place in the address. */
const VIEWS: readonly {
  readonly name: string;
  readonly title: string;
  readonly View: (props: ViewProps) => preact.JSX.Element;
}[] = [
  { name: 'live', title: 'Live', View: Live },
  { name: 'purges', title: 'Purges', View: Purges },
  { name: 'entries', title: 'Entries', View: Entries },
  { name: 'queues', title: 'Queues', View: Queues },
  { name: 'logs', title: 'Logs', View: Logs },
  { name: 'faults', title: 'Faults', View: Faults },
];

function usePlace(): { readonly name: string; readonly query: URLSearchParams } {
  const [hash, setHash] = useState(location.hash);
  useEffect(() => {
    const moved = () => setHash(location.hash);
    addEventListener('hashchange', moved);
    return () => removeEventListener('hashchange', moved);
  }, []);
  const [name = '', query = ''] = hash.replace(/^#\/?/, '').split('?');
  return { name, query: new URLSearchParams(query) };
}

function Page() {
  const { connected, about } = useLive();
  const { name, query } = usePlace();
  const current = VIEWS.find((view) => view.name === name) ?? VIEWS[0]!;
  return (
    <>
      <header class="top">
        <h1>Cachement</h1>
        <nav aria-label="Views">
          {VIEWS.map(({ name, title }) => (
            <a key={name} href={`#/${name}`} aria-current={name === current.name ? 'page' : undefined}>
              {title}
            </a>
          ))}
        </nav>
        <p class="connection" role="status">
          <i class={connected ? 'on' : 'off'} /> {connected ? (about?.urls.edge ?? 'connected') : 'not connected'}
        </p>
      </header>
      <main>
        <current.View query={query} />
      </main>
    </>
  );
}

connect();
render(<Page />, document.getElementById('page')!);
