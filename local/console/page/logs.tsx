import { useEffect, useRef, useState } from 'preact/hooks';
import type { LogLines } from '../protocol';
import { streamUrl } from './server';
import { useLive, type ViewProps } from './store';

const KEPT = 1000;

/** View of the log of one function, or of the platform, as it grows. */
export function Logs({ query }: ViewProps) {
  const { about } = useLive();
  const logs = about?.logs ?? [];
  const name = query.get('function') ?? logs[0];
  const [find, setFind] = useState(query.get('find') ?? '');
  const [lines, setLines] = useState<readonly string[]>([]);
  const [follows, setFollows] = useState(true);
  const end = useRef<HTMLDivElement>(null);

  useEffect(() => {
    setLines([]);
    if (name === undefined) return;
    const source = new EventSource(streamUrl(`/api/stream?log=${encodeURIComponent(name)}`));
    source.addEventListener('log', (event) => {
      const added = JSON.parse((event as MessageEvent<string>).data) as LogLines;
      setLines((before) => [...before, ...added.lines].slice(-KEPT));
    });
    // The server begins with the last lines again.
    source.addEventListener('open', () => setLines([]));
    return () => source.close();
  }, [name]);
  useEffect(() => {
    if (follows && end.current) end.current.scrollTop = end.current.scrollHeight;
  }, [lines, follows, find]);
  useEffect(() => setFind(query.get('find') ?? ''), [query.get('find')]);

  const shown = lines.filter((line) => line !== '' && line.toLowerCase().includes(find.toLowerCase()));
  return (
    <section aria-labelledby="logs-title">
      <header class="bar">
        <h2 id="logs-title">Logs</h2>
        <label>
          Of{' '}
          <select
            value={name}
            onChange={(event) => {
              location.hash = `#/logs?function=${encodeURIComponent(event.currentTarget.value)}`;
            }}
          >
            {logs.map((each) => (
              <option key={each} value={each}>
                {each}
              </option>
            ))}
          </select>
        </label>
        <label>
          Find <input type="search" value={find} onInput={(event) => setFind(event.currentTarget.value)} />
        </label>
        <button type="button" aria-pressed={follows} onClick={() => setFollows(!follows)}>
          {follows ? 'Following' : 'Follow'}
        </button>
      </header>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached without a mouse */}
      <div class="log" ref={end} tabIndex={0} role="log" aria-label={`Log of ${name ?? 'nothing'}`}>
        {shown.length === 0 && <p class="note">{lines.length === 0 ? 'Nothing was written yet.' : 'No line has this text.'}</p>}
        {shown.map((line, index) => (
          <Line key={index} text={line} />
        ))}
      </div>
    </section>
  );
}

/** A line; of JSON, its message and then its other fields. */
function Line({ text }: { readonly text: string }) {
  const fields = jsonOf(text);
  if (!fields)
    return (
      <p class={/\bERROR\b|Status: error/.test(text) ? 'error' : /^(START|END|REPORT)\b/.test(text) ? 'quiet' : ''}>{text}</p>
    );
  const { level, message, ...rest } = fields;
  // Metrics in CloudWatch's embedded format have no message.
  const title = typeof message === 'string' ? message : fields._aws ? 'metrics' : '';
  return (
    <p class={level === 'error' ? 'error' : level === 'warn' ? 'warn' : fields._aws ? 'quiet' : ''}>
      <b>{title}</b>{' '}
      {Object.entries(rest)
        .filter(([name]) => name !== '_aws')
        .map(([name, value]) => `${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`)
        .join(' ')}
    </p>
  );
}

function jsonOf(text: string): Record<string, unknown> | undefined {
  if (!text.startsWith('{')) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
